"""nftables.

Reading ``nft -j``: ``listing``, ``older_json``, ``syntax``, ``scope``, then ``statements`` and ``matches`` of a rule
with their ``operands``, ``fields``, ``values``, ``sets``, ``maps``, ``objects``, ``nat``, ``mangle``,
``frame_bytes``, ``merged_payloads``. ``text`` and ``expression_text`` quote a rule; ``render`` and its neighbours
write rules for ``nft -f``.
"""
