"""dockerd: the rules that it programs, by its version and options.

Read ``options`` (what it was told), ``history`` (in which order it worked), ``gateway_bridge`` (which containers swarm
has on its bridge), ``address_pools`` (which subnet a new network gets) and ``dockerd`` (the entry).  Its rules:
``words`` and ``chains`` with ``dockerd_20``, ``dockerd_28`` and ``swarm`` for iptables, ``nft_words`` and ``native``
with ``dockerd_nftables`` for nftables.  Its start: ``daemon``, ``first_start``, ``default_network``; ``unconfined``:
what it leaves open.
"""
