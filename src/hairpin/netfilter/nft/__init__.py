"""nftables.

Shared by reading and writing: ``fields`` (the table of fields, one row for each), ``data_types`` (the table of their
types, one row for each).  Reading ``nft -j``: ``listing``, ``older_json``, ``syntax``, ``scope``, then ``statements``
and ``matches`` of a rule with their ``operands``, ``values``, ``sets``, ``maps``, ``objects``, ``nat``, ``mangle``,
``frame_bytes``, ``merged_payloads``, ``misprints``.  Quoting a rule: ``text``, ``expression_text``.  Writing for ``nft
-f``: ``render``, ``render_matches``, ``render_statements``; ``spelled`` (as a person types it).  Reading scripts that
people write: ``script``.
"""
