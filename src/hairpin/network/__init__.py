"""Namespaces, devices and wires of one or many hosts joined into one graph; flows; routing.

Read ``prefix`` (addresses and their networks), ``world`` (stated facts about the outside), ``network`` (the whole) with
``index``, and ``flow`` (the question) first.  Links are in ``wires``, ``stacked``, ``vrf``, ``tunnel/``, ``attachment``
(a container's veth), ``own_frames`` (frames for a bridge's own address), ``lost_address`` and ``prefix_witness``
(evidence of an address's right prefix length).  ``strayed`` is about packets that should not have left,
``socket_owner`` about the container of a socket, and ``port_holder`` about the process or container that has a
published port.  ``names`` has the name servers of containers, and the names that they know.  Routing is in ``query``,
``tables``, ``routing``, ``source_address``, ``address_type`` and ``unmasqueraded``.  ``kinds/`` tells which containers,
and which flows, are alike.
"""
