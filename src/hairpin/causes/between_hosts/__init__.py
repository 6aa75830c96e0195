"""Faults between hosts that were read: routes to each other's containers, tunnels, filters on the path.

``_tunnelled`` finds the tunnel that a frame took, ``_node_route`` the missing route to another host's containers,
``_overlay`` the container for which an overlay network's device lacks its entries.
"""
