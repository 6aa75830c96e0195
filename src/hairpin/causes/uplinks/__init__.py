"""The host's own link to the world: the link, its address and prefix length, its default route, its router.

``_gateway`` finds the likely router.
"""
