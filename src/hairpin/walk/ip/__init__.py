"""Routing: ``route_in`` and ``route_out``, ``hop_limit``, ``multipath``, ``mtu``, ``l3mdev`` (VRFs, ipvlans in mode
l3s).

``ipvs`` accepts packets for its services; ``refusal`` makes the ICMP error or RST.
"""
