"""Faults of an engine's configuration: published ports, docker-proxy, options.  ``_publishing`` finds a port's
bindings, ``_services`` the swarm service that publishes it, ``_port_holder`` the other process or container that has
it.
"""
