"""A swarm's services, as one of its managers reports them.

Source: Docker Engine API, ServiceList, TaskList
"""

from typing import Literal

import msgspec


class ServicePort(msgspec.Struct, frozen=True):
    """A port that a service publishes.  With ``ingress``, the port is published on each node of the swarm (the routing
    mesh).  With ``host``, the port is published only on nodes that run a task of the service."""

    protocol: Literal["tcp", "udp", "sctp"]
    port: int
    target_port: int
    mode: Literal["ingress", "host"] = "ingress"


class MeshPort(msgspec.Struct, frozen=True):
    """A port that a swarm's service publishes on each node (the routing mesh)."""

    protocol: Literal["tcp", "udp"]
    port: int


class SwarmService(msgspec.Struct, frozen=True):
    """One service.  ``wanted`` and ``running``: how many tasks of the service should run, and how many run, on all
    nodes together; None if unknown.  ``error``: the swarm's error text for its newest task."""

    id: str
    name: str
    ports: tuple[ServicePort, ...] = ()
    wanted: int | None = None
    running: int | None = None
    error: str = ""
    evidence: str = ""
