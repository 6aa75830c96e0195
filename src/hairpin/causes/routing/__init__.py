"""Faults of routes, policy rules, forwarding, reverse-path filter and neighbours; overlapping subnets.

``_gateway`` finds the likely router, ``_overlap`` a container network over foreign addresses, ``_blackhole`` a route
that refuses a packet, ``_reverse_path`` a link that filters strictly, ``_asked`` the lookups of a flow's whole way.
"""
