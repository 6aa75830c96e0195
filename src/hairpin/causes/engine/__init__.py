"""How the engine was configured: published ports, docker-proxy, options; ``_publishing`` finds a port's bindings."""
