"""Faults of the service that should take the packet; ``_service`` finds its container and its sockets."""
