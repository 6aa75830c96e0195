"""What puts an engine's part of a host right, as changes.

Lost rules: ``restoring``; a port: ``republishing``; a bridge: ``bridging``, ``endpoints``, ``stacked``;
a container: ``starting``, ``connecting``.
"""
