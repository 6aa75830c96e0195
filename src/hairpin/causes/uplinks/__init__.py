"""The host's uplink: the link, its address and prefix length, its default route, its router.

``_gateway`` finds the likely router.
"""
