"""A node of a swarm that answers for its services, one of which publishes port 9999."""

from typing import Literal

import msgspec

from hairpin.host.socket import Socket
from hairpin.host.swarm import ServicePort, SwarmService
from hairpin.network.flow import Outside
from hairpin.network.network import Network
from tests.causes.hosts import asked
from tests.small_host import CLIENT, container, engine, host_namespace, network

OF_SERVICE = asked(Outside(CLIENT), "198.51.100.11", 9999)


def of_swarm(
    *,
    mode: Literal["ingress", "host"] = "ingress",
    running: int | None = 1,
    wanted: int = 1,
    error: str = "",
    telling: bool = True,
) -> Network:
    """Return the node of a swarm whose service ``shop`` publishes port 9999."""
    shop = SwarmService("s1", "shop", (ServicePort("tcp", 9999, 80, mode),), wanted, running, error)
    docker = msgspec.structs.replace(engine(container()), services=(shop,) if telling else None)
    return network(docker=docker)


def taken() -> Network:
    """Return that node where its port is taken: here a process stands for the mesh."""
    host = host_namespace(sockets=(Socket("tcp", 4, None, 9999),))
    return network(host, docker=of_swarm().hosts[0].engines[0])
