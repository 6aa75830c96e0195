"""Layer 2.  Links receive and send frames in ``device``, with ``traffic_control``, ``classes``,
``bridge``, ``bridged_machine`` (machines behind other ports of a bridge), ``forwarding_entry`` and ``vlan``.
``segment`` finds the links on a wire, and ``crossing`` moves a packet from one end of a wire to the other.  Tunnels are
in ``tunnel``, ``wireguard`` and ``far_end``.  A neighbour is resolved in ``neighbour``, with
``neighbour_room``, ``solicitation``, ``unanswered``, ``arp``, ``arp_frames``, ``neighbour_discovery`` and
``claimed_address``."""
