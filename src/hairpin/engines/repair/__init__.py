"""Changes that repair an engine's part of a host.

Lost rules: ``restoring``; a port: ``republishing``; a bridge: ``bridging``, ``endpoints``, ``stacked``;
a container: ``starting``, ``connecting``.
"""
