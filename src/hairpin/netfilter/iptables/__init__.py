"""iptables, of both back ends.

Reading: ``save`` (iptables-save's text), ``words``, ``fields``, ``matches``, ``targets``, ``netmap``; ``demands``
(what an extension asks besides).  Writing: ``render``, ``render_matches``, ``render_targets``.
"""
