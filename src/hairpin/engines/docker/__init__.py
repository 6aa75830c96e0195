"""dockerd: the rules that it programs, by its version and options.

Read ``options`` (its settings), ``history`` (the order of its work), ``gateway_bridge`` (the containers on swarm's
bridge), ``address_pools`` (the subnet of a new network) and ``dockerd`` (the entry).  Its rules: ``words`` and
``chains`` with ``dockerd_20``, ``dockerd_28`` and ``swarm`` for iptables, ``nft_words`` and ``native`` with
``dockerd_nftables`` for nftables.  Its start: ``daemon``, ``first_start``, ``default_network``; ``unconfined``: an
internal network without ``--internal``.
"""
