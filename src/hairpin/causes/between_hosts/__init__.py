"""Faults between hosts that were read: routes to each other's containers, tunnels, filters on the path.

``_tunnelled`` finds the tunnel that a frame took, ``_node_route`` the route that another host's containers need,
``_overlay`` the container that an overlay network's device does not know.
"""
