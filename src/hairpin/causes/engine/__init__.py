"""How the engine was configured: published ports, docker-proxy, options; ``_publishing`` finds a port's bindings,
``_services`` the service of a swarm that publishes it, ``_port_holder`` the process or container that has it
instead.
"""
