"""Faults of the service that should receive the packet.

``_near`` finds listeners that nearly match the packet.  ``_service`` finds the packet's container and this container's
sockets.  ``_full`` makes the repair for a socket whose queue is full.  ``_unit`` tells how a
unit's network is changed.
"""
