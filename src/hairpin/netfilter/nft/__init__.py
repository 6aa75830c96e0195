"""Reads and writes the rules of nftables.

Reading and writing share ``fields`` (the table of fields) and ``data_types`` (the table of the fields' data types).
The output of ``nft -j`` is read by ``listing``, ``syntax`` and ``scope``; then a rule is read by
``statements`` and ``matches``, with ``operands``, ``values``, ``sets``, ``maps``, ``objects``, ``nat``, ``mangle``,
``merged_fields`` and ``misprints``.  ``text`` and ``expression_text`` quote a rule.  ``render``,
``render_matches`` and ``render_statements`` write rules for ``nft -f``; ``spelled`` writes a rule as a person types it.
``script`` reads the scripts that people write.
"""
