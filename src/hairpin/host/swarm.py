"""A swarm's services, as one of its managers reports them.

Source: Docker Engine API, ServiceList, TaskList
"""

from typing import Literal

import msgspec


class ServicePort(msgspec.Struct, frozen=True):
    """A port that a service publishes: by ``ingress`` on each node of the swarm (the routing mesh), by ``host`` only on
    nodes that run a task of it."""

    protocol: Literal["tcp", "udp", "sctp"]
    port: int
    target_port: int
    mode: Literal["ingress", "host"] = "ingress"


class SwarmService(msgspec.Struct, frozen=True):
    """One service.  ``wanted`` and ``running``: how many tasks of it should run and do, on all nodes; None: the manager
    did not tell.  ``error``: why the newest of its tasks does not run, in the swarm's words."""

    id: str
    name: str
    ports: tuple[ServicePort, ...] = ()
    wanted: int | None = None
    running: int | None = None
    error: str = ""
    evidence: str = ""
