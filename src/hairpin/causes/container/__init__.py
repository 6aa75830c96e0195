"""Faults of a container and inside its namespace.

``_concerned`` finds the containers that a stopped packet concerns, ``_engine_gateway`` the routers that an engine gives
to a container, ``_start_failure`` the reason why a container did not start, ``_beside`` the host's own link beside a
macvlan or ipvlan.
"""
