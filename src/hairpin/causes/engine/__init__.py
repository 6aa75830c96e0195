"""Faults of an engine's configuration: published ports, docker-proxy, options.  ``_publishing`` finds the bindings of a
port.  ``_services`` finds the swarm service that publishes a port.  ``_port_holder`` finds another process or container
that has a published port.  ``_near_ports`` tells what the user may mean by a port that nobody has.
"""
