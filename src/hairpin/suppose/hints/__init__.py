"""Hints: what a text points to, although no part of an ordinary host stands for it.  Pure.

Read ``hint`` (the type) and ``table`` with its rows of words, in ``of_ways``, ``of_firewalls``, ``of_rules``,
``of_networks``, ``of_typed`` (commands that somebody typed) and ``phrases`` (words of several rows).  Of facts:
``told_facts`` and ``told_ways`` (told parts together with stated outcomes), ``told_names`` (containers that have ended,
names that nobody has), ``bridge_asked`` (nobody answers on a bridge), ``captured`` (tcpdump), ``firewall_log``,
``counted_drops`` (quoted rules with counters), ``quoted`` (quoted lines that show something together) and
``said_ranges`` (addresses elsewhere).
"""
