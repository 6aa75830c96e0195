"""Faults of a container and inside its namespace.

``_engine_gateway`` finds the routers that an engine gives to a container.
"""
