"""The rules that dockerd programs, depending on its version and options.

Read ``options`` (dockerd's settings), ``history`` (the order of its work), ``gateway_bridge`` (the containers on
swarm's bridge), ``address_pools`` (the subnet of a new network) and ``dockerd`` (the entry, with a swarm's rules).
``dockerd_20`` and ``dockerd_28`` make iptables rules, with ``words`` and ``chains``.  ``dockerd_nftables`` makes
nftables rules, with ``nft_words``.  ``daemon``, ``first_start`` and ``default_network`` are about
dockerd's start, and ``unconfined`` is about an internal network without ``--internal``.
"""
