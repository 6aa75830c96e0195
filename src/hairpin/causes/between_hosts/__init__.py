"""Causes between hosts that were read: routes to each other's containers, tunnels, and what filters on the way."""
