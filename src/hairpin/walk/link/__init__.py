"""Layer 2: ``device`` (in and out) with ``traffic_control``, ``bridge``, ``vlan``, ``segment`` (the links on a wire),
``crossing`` (from one end of a wire to the other), ``tunnel`` with ``wireguard``, ``flannel_udp`` and ``far_end``,
``neighbour`` with ``neighbour_room``, ``arp``, ``arp_frames`` and ``neighbour_discovery``.
"""
