"""Routing: ``route_in`` and ``route_out``, ``multipath``, ``mtu``, ``vrf``, ``ipvlan_l3s``; ``refusal`` makes the ICMP
error or RST.
"""
