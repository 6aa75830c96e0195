"""Random rules.

``iptables`` with ``extensions`` and ``rare``, ``nftables`` with ``nft_extensions`` and ``nft_rare``, ``ipsets``,
``layer2`` (netdev, bridge, ebtables); ``real`` (rulesets of real tools) with ``listing`` and ``mutate``.
"""
