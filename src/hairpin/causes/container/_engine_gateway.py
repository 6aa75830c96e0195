"""The routers that an engine gives to a container, one for each network, and the default route by such a router."""

from collections.abc import Iterator

from hairpin.change.change import AddEntry
from hairpin.host.docker import SWARM_BRIDGE, Container, Engine
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop, Route
from hairpin.network.network import addresses_of
from hairpin.network.prefix import Version
from hairpin.network.tables import has_default_route


def gateways(engine: Engine, container: Container, namespace: Namespace, version: Version) -> Iterator[tuple[int, str]]:
    """Yield the router of each network of the container, with the container's link on that network.  A container on an
    overlay network also has a router on docker_gwbridge, which no endpoint of the container names."""
    told = (each.gateway4 if version == 4 else each.gateway6 for each in container.endpoints)
    beside = (subnet.gateway for each in engine.networks if each.name == SWARM_BRIDGE for subnet in each.subnets)
    for gateway in (*told, *beside):
        if gateway is None:
            continue
        for each in addresses_of(namespace, None, version):
            if each.holds(gateway, version):
                yield gateway, each.link
                break


def default_route(
    netns: Netns, namespace: Namespace, version: Version, link: str, gateway: int | None
) -> Iterator[AddEntry]:
    """Yield the default route by this router, if the namespace has no default route.

    The kernel deleted the route together with the link or its address."""
    if gateway is not None and not has_default_route(namespace, version):
        yield AddEntry(netns, Route(version, 0, 0, next_hops=(NextHop(link, gateway),)))
