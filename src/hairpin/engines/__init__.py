"""What a container engine programs into a host: state of its containers and networks in, expected rules out.

Read ``expected`` (the types), ``options`` (what the engine was told), ``history`` (in which order it worked),
``gateway_bridge`` (which containers swarm has on its bridge), ``address_pools`` (which subnet a new network gets) and
``dockerd`` (the entry; ``podman`` has Podman's rules).  Its rules: ``words`` and ``chains``
with ``dockerd_20`` and ``dockerd_28`` and ``swarm`` for iptables, ``nft_words`` and ``native`` with
``dockerd_nftables`` for nftables; ``sysctls`` and ``listeners`` beside them.  Held against a host: ``found``,
``missing``, ``out_of_order``, ``surplus``, ``owned``.  As changes: ``restoring``, ``republishing``, ``bridging``,
``endpoints``, ``given``, ``stacked``, ``starting``, ``daemon``, ``connecting``, ``unconfined``, ``default_network``,
``first_start``.
"""
