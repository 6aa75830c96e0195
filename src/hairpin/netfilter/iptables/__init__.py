"""iptables, of both back ends.

Shared by reading and writing: ``match_rows`` (the table of options, one row for each), ``forms`` (how their values are
written), ``modules`` (matches that do not fit into a row), ``targets``, ``nat_targets``, ``field_targets``.  Reading:
``save`` (iptables-save's text), ``words``, ``matches``, ``limits``, ``merged_ports``, ``netmap``; ``demands`` (rules
that iptables refuses); ``restore`` (text loaded into existing tables).  Writing: ``render``, ``render_matches``;
``spelled`` (as a person types it).
"""
