"""iptables, of both back ends.

What reading and writing share: ``match_rows`` (the table of options, a row each), ``forms`` (how their values are
written), ``modules`` (matches that are more than a row), ``targets``, ``nat_targets``, ``field_targets``.
Reading: ``save`` (iptables-save's text), ``words``, ``matches``, ``limits``, ``merged_ports``, ``netmap``; ``demands``
(rules that iptables refuses); ``restore`` (text loaded into the tables that are there).  Writing: ``render``,
``render_matches``; ``spelled`` (as a person types it).
"""
