"""nftables.

Reading ``nft -j``: ``listing``, ``older_json``, ``syntax``, ``scope``, then ``statements`` and ``matches`` of a rule
with their ``operands``, ``fields``, ``values``, ``sets``, ``maps``, ``objects``, ``nat``, ``mangle``,
``frame_bytes``, ``merged_payloads``, ``misprints``.  Quoting a rule: ``text``, ``expression_text``.  Writing for
``nft -f``: ``render``, ``render_matches``, ``render_statements``, ``render_values``; ``spelled`` (as a person types
it).  Reading what people write: ``script``.
"""
