"""Namespaces, devices and wires of one or many hosts joined into one graph; flows; routing.

Read ``prefix`` (addresses and their networks), ``world`` (what is assumed outside), ``network`` (the whole) with
``index``, and ``flow`` (what is asked).  Links: ``wires``, ``stacked``, ``vrf``, ``tunnel/``, ``attachment`` (a
container's wire), ``own_frames`` (a bridge's), ``socket_owner``, ``port_holder`` (who has a published port),
``lost_address``, ``prefix_witness`` (of which network an address is), ``strayed`` (what should not have left). Names:
``names`` (name servers of containers, and what they know). Routing: ``query``, ``tables``, ``routing``,
``source_address``, ``address_type``, ``unmasqueraded``.
"""
