"""Faults between hosts that were read: routes to another host's containers, tunnels, filters on the path.

``_tunnelled`` finds the tunnel that a frame took.  ``_node_route`` finds the missing or wrong route to another host's
containers.  ``_overlay`` finds the container for which an overlay network's device has no entries.
"""
