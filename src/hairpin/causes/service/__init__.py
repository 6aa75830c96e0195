"""Faults of the service that should take the packet.

``_near`` finds what nearly takes the packet, ``_service`` its container and that container's sockets, ``_full`` what is
to be done about a socket that has no room.
"""
