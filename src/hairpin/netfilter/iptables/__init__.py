"""Reads and writes the rules of iptables, for both back ends (legacy and nft).

Reading and writing share ``match_rows`` (the table of options, one row for each option), ``forms`` (how the values of
options are written), ``modules`` (matches that do not fit into a row), ``targets`` and ``field_targets``.  Rules are
read by ``save`` (iptables-save's text), ``words``, ``matches``, ``limits``, ``merged_ports``, ``netmap``, ``demands``
(rules that iptables refuses) and ``restore`` (text loaded into existing tables).  Rules are written by ``render``
and ``spelled`` (a rule as a person types it).
"""
