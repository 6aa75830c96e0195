"""Faults of the host's uplink: its link, its address and prefix length, its default route, its router.

``_gateway`` finds the router to which a lost default route probably led, and makes the change that sends packets out by
their address's uplink.
"""
