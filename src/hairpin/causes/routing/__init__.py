"""Faults of routes, policy rules and neighbour entries, and overlapping subnets.

``_overlap`` finds a container network whose subnet covers addresses of other machines, or has an address or the range
of the host's own network.  ``_blackhole`` finds a route that refuses
a packet.  ``_asked`` finds the route lookups on a flow's whole path, and the rules that drop packets to
whose source no route leads back.  ``_told_senders`` finds the containers that ICMP redirects sent the wrong way.
"""
