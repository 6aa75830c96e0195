"""Reasons to stop that no rule and no route decides, on real hosts of the lab, and look-alikes that must stay silent.

Read ``row`` (a question and its connection), ``case`` (a host with its questions), then the tables: ``limits``,
``entries``, ``ports``, ``room``, ``sizes`` (path MTU), ``hops``, ``names``, ``restarts``, ``links`` (macvlan) and
``six`` (IPv6 without a way back).  ``ipvlan`` needs a guest: ``python -m tests.guests ipvlan``.
``fill`` writes many conntrack entries.  ``python -m tests.tables`` carries all out, or those
whose names have a word (``python -m tests.tables recent``), and prints a line each; it needs root and a lab.
"""
