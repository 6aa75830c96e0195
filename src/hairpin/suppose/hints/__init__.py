"""Hints: causes to which a text points, although no part of an ordinary host shows them.  Pure.

Read ``hint`` (the type) and ``table`` with its rows of words, in ``of_ways``, ``of_firewalls``, ``of_rules``,
``of_networks``, ``of_sides`` (where it works and where it fails), ``of_targets``, ``of_typed`` (commands that somebody
typed), ``of_changes`` (restarts, upgrades, settings) and ``phrases`` (words of several rows). These modules find hints
in facts: ``told_facts`` and ``told_ways`` (told parts together with stated outcomes), ``told_names`` (containers that
have ended, and names that nobody has), ``told_reach`` (the asked port or name together with words), ``bridge_asked``
(an address on a bridge that does not answer), ``captured`` (tcpdump), ``firewall_log``, ``counted_drops`` (quoted
rules with counters), ``quoted`` (several quoted lines together), ``said_ranges`` (addresses of other networks),
``engine_ranges`` (such addresses inside a told range of the engine), ``proxied`` (a proxy that forwards to localhost)
and ``asked_ways`` (the asked flow together with the text).
"""
