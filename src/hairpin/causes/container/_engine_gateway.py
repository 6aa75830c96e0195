"""The containers that a stopped packet concerns, and the routers of a container: those that its engine gives to it, one
for each network, or the host at the other end of its veth.  And the default route by such a router."""

from hairpin.causes.kit import Iterator, Namespace, Netns, View
from hairpin.change.change import AddEntry
from hairpin.host.docker import SWARM_BRIDGE, Container, Engine
from hairpin.host.route import NextHop, Route
from hairpin.network.attachment import attachment_of
from hairpin.network.network import Network, addresses_of, veth_peer
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


def far_addresses(network: Network, netns: Netns, version: Version) -> Iterator[tuple[int, str]]:
    """Yield the routers of a namespace that no engine connected: the address of the host at the other end of each veth,
    or of the bridge behind it, if it is in the network of the namespace's own address.  With it comes the namespace's
    link."""
    namespace = network.namespace(netns)
    for link in namespace.links:
        peer = veth_peer(network, netns, link)
        if peer is None or not peer.netns.is_host:
            continue
        outer = network.namespace(peer.netns)
        end = outer.link(peer.link)
        held = addresses_of(outer, end.master or end.name if end is not None else peer.link, version)
        own = addresses_of(namespace, link.name, version)
        for far in held:
            if far.scope == "global" and any(each.holds(far.value, version) for each in own):
                yield far.value, link.name
                break


def default_route(
    netns: Netns, namespace: Namespace, version: Version, link: str, gateway: int | None
) -> Iterator[AddEntry]:
    """Yield the default route by this router, if the namespace has no default route.

    The kernel deleted the route together with the link or its address."""
    if gateway is not None and not has_default_route(namespace, version):
        yield AddEntry(netns, Route(version, 0, 0, next_hops=(NextHop(link, gateway),)))


def containers_of_flow(view: View) -> Iterator[tuple[Container, Netns]]:
    """Yield the packet's destination container and the container in which the packet stopped, each with its namespace.
    A container whose namespace was not read is skipped."""
    packet = view.stop.seen.packet
    meant = attachment_of(view.network, view.host, packet.daddr, packet.version)
    for container in dict.fromkeys((meant.container if meant is not None else None, view.container)):
        if container is not None and container.netns is not None and container.netns in view.host:
            yield container, view.host_netns.sibling(container.netns)
