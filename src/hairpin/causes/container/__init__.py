"""Faults of a container, and faults inside a container's namespace.

``_engine_gateway`` finds the containers that a stopped packet concerns, and the routers that an engine gives to them.
``_end`` finds the reason why a container ended, ``_start_failure`` why the engine did not start it, and
``_network_failure`` the reasons that lie in its network.  ``_beside`` makes a macvlan or ipvlan for the host, beside
the container's macvlan or ipvlan.  ``_idle_publisher`` finds the rootless containers that publish a port while no
engine of their user runs, ``_quadlet`` the files of systemd's containers that publish it.
"""
