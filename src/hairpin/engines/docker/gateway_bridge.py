"""Swarm's bridge to the outside, docker_gwbridge.  A container that is only on overlay networks has a second link on
this bridge, and the container's ports are published there.

Docker lists the container's link on docker_gwbridge as an endpoint of the bridge's network, not of the container
(``Engine.endpoints_of``).  If docker_gwbridge's network was not read, the link's address is known from the container's
namespace.

Source: moby libnetwork default_gateway.go setupDefaultGW()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.docker import SWARM_BRIDGE, Container, DockerNetwork, Endpoint, Engine
from hairpin.host.host import Host


def with_gateway_endpoints(host: Host, engine: Engine) -> Engine:
    """Return the engine with its running containers' endpoints on swarm's bridge, as their namespaces show them."""
    if engine.network(SWARM_BRIDGE) is None:
        return engine
    containers = tuple(with_gateway_endpoint(host, engine, each) for each in engine.containers)
    return msgspec.structs.replace(engine, containers=containers)


_SWARM_ID_LENGTH = 25
"""The length of a swarm network's id: 25 digits of base 36.  The id of a local network has 64 hexadecimal digits.
Source: swarmkit identity/randomid.go NewID()"""


def bridge_of_overlays(engine: Engine, container: Container) -> DockerNetwork | None:
    """Return swarm's bridge if the container is only on overlay networks, or will be after its start.  The container's
    default route then leads to this bridge, and the container's ports are published there.

    A worker node lists an overlay network only while it runs a container on this network."""
    on_overlays = bool(container.endpoints) and all(is_overlay(engine, each) for each in container.endpoints)
    return engine.network(SWARM_BRIDGE) if on_overlays else None


def is_overlay(engine: Engine, endpoint: Endpoint) -> bool:
    """Return whether the endpoint is on an overlay network, also if the engine does not list this network."""
    known = engine.network(endpoint.network)
    return known.driver == "overlay" if known is not None else len(endpoint.network_id) == _SWARM_ID_LENGTH


def with_taken(engine: Engine, bridge: DockerNetwork) -> Engine:
    """Return the engine with one more container, whose endpoints have all addresses that are in use on the bridge.

    A new endpoint of the returned engine therefore gets a free address."""
    taken = tuple(endpoint for _, endpoint in bridge.gateways)
    return msgspec.structs.replace(engine, containers=(*engine.containers, Container("", "", "", endpoints=taken)))


def with_gateway_endpoint(host: Host, engine: Engine, container: Container) -> Container:
    """Return the container with its endpoint on swarm's bridge, if it runs and its namespace shows one."""
    bridge = engine.network(SWARM_BRIDGE)
    if bridge is None:
        return container
    told = engine.endpoints_of(container)
    found = next(_endpoints(host, bridge, container), None) if container.running else None
    if found is None or any(each.network == bridge.name for each in told):
        return msgspec.structs.replace(container, endpoints=told)
    return msgspec.structs.replace(container, endpoints=(*told, found))


def _endpoints(host: Host, bridge: DockerNetwork, container: Container) -> Iterator[Endpoint]:
    """Yield the container's endpoint if its namespace has an address of the bridge's network."""
    own = next((each for each in host.namespaces if each.name == container.netns), None)
    for address in own.addresses if own is not None and container.netns != host.netns.name else ():
        for subnet in bridge.subnets:
            fits = (address.version, subnet.version) == (4, 4)
            if fits and subnet.holds(address.value, 4):
                yield Endpoint(
                    bridge.name, ipv4=address.value, ipv4_prefix_length=subnet.prefix_length, gateway4=subnet.gateway
                )
