"""iptables, of both back ends.

Reading: ``save`` (iptables-save's text), ``words``, ``fields``, ``matches``, ``limits``, ``merged_ports``,
``targets``, ``netmap``; ``demands`` (rules that iptables refuses); ``restore`` (text loaded into the tables that are
there).  Writing: ``render``, ``render_matches``,
``render_targets``; ``spelled`` (as a person types it).
"""
