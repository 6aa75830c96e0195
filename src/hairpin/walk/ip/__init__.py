"""Routing: ``route_in`` and ``route_out``, ``hop_limit``, ``multipath``, ``mtu``, ``vrf``, ``ipvlan_l3s``.

``ipvs`` says what its services may take; ``refusal`` makes the ICMP error or RST.
"""
