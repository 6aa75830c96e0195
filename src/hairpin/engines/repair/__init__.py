"""Changes that repair an engine's part of a host.

``restoring`` restores lost rules, ``closing`` finds the policies that a flush opened, ``republishing`` publishes a
port.  ``bridging`` and ``endpoints`` repair a network's links.  ``starting`` and ``connecting`` start a
container and connect it to a network.
"""
