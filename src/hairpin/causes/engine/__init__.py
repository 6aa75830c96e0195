"""How the engine was configured: published ports, docker-proxy, options; ``_publishing`` finds a port's bindings.
``_daemon`` tells how a daemon that does not run is started, and why it does not start.
"""
