"""Faults of routes, policy rules and neighbours; overlapping subnets.

``_overlap`` finds a container network whose subnet covers foreign addresses, ``_blackhole`` a route that refuses a
packet, ``_asked`` the lookups on a flow's whole path.
"""
