"""Completes a host of which only a text tells to an ordinary host, and asks what that host may have instead.  Pure.

Read ``told`` (what the readings of a text tell) with ``words`` (what the text says in words), ``asked`` with
``asked_services`` (what a question is about if no output lists containers), ``ordinary`` (the completed host) with
``networks``, ``own_namespace``, ``containers`` and ``simulated``, ``parts`` (the supposed parts that a walk reads) and
``alternatives`` (what they may be instead).

Hints point to causes that no part of an ordinary host stands for: ``hint`` (the type), ``hint_table`` with its rows in
``hint_ways``, ``hint_firewalls``, ``hint_networks`` and ``hint_words``, ``told_hints`` (facts that together point to a
cause), ``firewall_log`` and ``said_ranges``.
"""
