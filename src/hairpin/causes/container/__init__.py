"""Faults of a container and inside its namespace.

``_concerned`` finds the containers that a stopped packet concerns, ``_engine_gateway`` the routers that an engine gives
to a container, ``_start_failure`` why one was not started, ``_beside`` the host's own link beside a macvlan or ipvlan.
"""
