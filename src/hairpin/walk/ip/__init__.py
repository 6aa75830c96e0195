"""Routing: ``route_in`` and ``route_out`` look routes up, with ``multipath``, ``mtu`` and ``l3mdev``
(VRFs, ipvlans in mode l3s).

``xfrm`` applies the policies of IPsec.  ``refusal`` makes the ICMP
error or RST that answers a rejected packet.
"""
