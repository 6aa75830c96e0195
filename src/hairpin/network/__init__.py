"""Namespaces, devices and wires of one or many hosts joined into one graph; flows; routing.

Read ``prefix`` (addresses and their networks), ``world`` (stated facts about the outside), ``network`` (the whole) with
``index``, and ``flow`` (the question).  Links:  ``wires``, ``uplinks``, ``stacked``, ``tunnel/``,
``attachment`` (the veth or tap link of a container), ``own_frames`` (frames for a bridge's own hardware address),
``socket_owner`` (also the process or container that has a published port), ``lost_address`` (also evidence of an
address's right prefix length), ``strayed`` (packets that should not have left the
host), ``unmade`` (networks of guests that their program has not made).
Names:  ``names`` (name servers of containers, and the names that they know) and ``pinned_names`` (names in a
container's own /etc/hosts).  Routing:  ``query``, ``tables``, ``routing``, ``source_address``, ``address_type``,
``unmasqueraded``.  ``kinds/``: the containers that are alike, and the flows that are alike.  ``product_versions``: the
versions of a host's programs of which ``facts/`` knows something.
"""
