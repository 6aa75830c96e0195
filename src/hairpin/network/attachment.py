"""A container's attachment to a bridge network: which container has an address, and which veth leads to the
container.  And the tap link by which a user's network stack (slirp4netns, pasta) is a container's network."""

from collections.abc import Iterator

import msgspec

from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer, Outside
from hairpin.network.index import may_have_networks
from hairpin.network.network import Network, addresses_of, netns_of, owns_address, veth_peer
from hairpin.network.prefix import Version, network_of


class Attachment(msgspec.Struct, frozen=True):
    """A running container's endpoint on a bridge network, and the host's veth to the container (None if it was not
    found)."""

    container: Container
    endpoint: Endpoint
    network: DockerNetwork
    host_link: Link | None


def attachment_of(network: Network, host: Host, address: int, version: Version) -> Attachment | None:
    """Return the running container whose endpoint has the address, or None."""
    for engine in host.engines:
        networks = {each.name: each for each in engine.networks}
        for container in engine.containers:
            if not container.running:
                continue
            for endpoint in engine.endpoints_of(container):
                own = endpoint.ipv4 if version == 4 else endpoint.ipv6
                if own == address and endpoint.network in networks:
                    named = networks[endpoint.network]
                    return Attachment(container, endpoint, named, host_link_of(network, host, container, endpoint))
    return None


def host_link_of(network: Network, host: Host, container: Container, endpoint: Endpoint) -> Link | None:
    """Return the host's veth whose peer is in the container's namespace and has the endpoint's IPv4 or hardware
    address."""
    if container.netns is None or container.netns not in host:
        return None
    netns = host.netns.sibling(container.netns)
    inner = network.namespace(netns)
    ends = [veth_peer(network, netns, each) for each in inner.links]
    names = {each.link for each in ends if each is not None and each.netns == host.netns}
    for link in network.namespace(host.netns).links if names else ():
        peer = veth_peer(network, host.netns, link) if link.name in names else None
        other = inner.link(peer.link) if peer is not None and peer.netns == netns else None
        if other is None:
            continue
        addresses = {each.value for each in inner.addresses if each.link == other.name}
        if endpoint.ipv4 in addresses or (other.mac is not None and other.mac == endpoint.mac):
            return link
    return None


def network_for(host: Host, address: int, version: Version) -> DockerNetwork | None:
    """Return the network, among those of the host's engines, whose subnet contains the address; or None."""
    for engine in host.engines:
        for each in engine.networks:
            for subnet in each.subnets:
                if subnet.holds(address, version):
                    return each
    return None


def network_of_bridge(host: Host, bridge: str) -> DockerNetwork | None:
    """Return the network, among those of the host's engines, that has this bridge; or None."""
    for engine in host.engines:
        for each in engine.networks:
            if each.bridge == bridge:
                return each
    return None


def has_passing_bridge(joined: DockerNetwork) -> bool:
    """Return whether ``compose down`` and ``compose up`` give the network's bridge another name, because its name
    contains the network's id."""
    return bool(joined.project) and joined.bridge == f"br-{joined.id[:12]}"


def has_lost_bridge(host: Host, joined: DockerNetwork | None) -> bool:
    """Return whether the host's links were read and lack the bridge of that Docker network.  The result is False for
    Podman's networks, whose bridges exist only while a container is on them, and for a rootless engine, whose bridges
    are in another namespace."""
    dockers = (each for each in host.engines if each.kind == "docker" and not each.rootless)
    if joined is None or joined.bridge is None or all(joined not in each.networks for each in dockers):
        return False
    namespace = host.namespace(host.netns.name)
    return bool(namespace.links) and namespace.link(joined.bridge) is None


def engines_read(host: Host) -> bool:
    """Return whether all engines listed their containers.  If an engine did not list its containers, a missing
    container proves nothing."""
    unread = {each.key for each in host.unread}
    return bool(host.engines) and not unread & {"docker-containers", "podman-containers"}


def gateway_of(subnet: Subnet) -> int:
    """Return the bridge's address in the subnet, which is the gateway of the network's containers.

    If the engine lists no gateway, it chose the first address that it could give: of the subnet, or of its
    ``--ip-range``.  Source: moby libnetwork/network.go ipamAllocateVersion(); Podman's networks have no such range"""
    return subnet.gateway if subnet.gateway is not None else _first_given(subnet)


def next_address(engine: Engine, subnet: Subnet) -> int:
    """Return the first address of the subnet, or of its ``--ip-range``, that no container of the engine has and that is
    not the gateway's.  The container that starts next gets this address.

    Source: moby libnetwork/ipam/allocator.go getAddress()"""
    endpoints = [each for container in engine.containers for each in container.endpoints]
    taken = {each.ipv4 if subnet.version == 4 else each.ipv6 for each in endpoints} | {gateway_of(subnet)}
    candidate = _first_given(subnet)
    while candidate in taken:
        candidate += 1
    return candidate


def _first_given(subnet: Subnet) -> int:
    """Return the first address that the engine gives in the subnet or its ``--ip-range``.  The subnet's own first
    address is not given, because it is the network's address."""
    first = subnet.prefix.first
    part = network_of(*subnet.part, subnet.version) if subnet.part is not None else first
    return max(part, first + 1)


def sender_netns(network: Network, start: FromContainer) -> Netns:
    """Return the present namespace of the container in which the flow starts.  A change may have replaced the
    container's old namespace, or moved the container out of a namespace in which other containers stay."""
    if not any(start.netns.host == each.name for each in network.hosts):
        return start.netns
    container = network.host(start.netns.host).container(start.name)
    now = netns_of(network.host(start.netns.host), container) if container is not None else None
    return now if now is not None and (now in network or start.netns not in network) else start.netns


def entered_netns(network: Network, flow: Flow) -> Netns:
    """Return the namespace that the flow's first packet enters: the host's namespace, or the namespace of a container
    that routes for the client."""
    behind = flow.start.behind if isinstance(flow.start, Outside) else None
    return behind if behind is not None else network.host_netns(flow.host)


def tap_of(namespace: Namespace, name: str = "") -> str:
    """Return the name of the container's tap link: ``name`` if it is given, else the first link of the kind ``tun``;
    empty if there is none."""
    taps = (each.name for each in namespace.links if each.kind == "tun")
    return name or next(taps, "")


def is_behind_stack(network: Network, netns: Netns) -> bool:
    """Return whether a user's network stack is the network of the containers in this namespace, or of the user's
    dockerd in it."""
    if netns.is_rootless_dockerds:
        return True
    container = network.container_of(netns)
    return container is not None and network.host(netns.host).network_owner(container).by_user_stack


def engine_of_networks(network: Network, netns: Netns) -> Engine | None:
    """Return the rootless engine whose networks are in the namespace; None for any other namespace."""
    if not netns.is_rootless:
        return None
    host = network.host(netns.host)
    own = [each for each in host.engines if may_have_networks(each, netns)]
    found = (each for each in own if any(_is_attached(network, host, one, netns) for one in each.containers))
    return next(found, own[0] if len(own) == 1 else None)


def _is_attached(network: Network, host: Host, container: Container, netns: Netns) -> bool:
    inside = netns_of(host, container)
    if inside is None or inside not in network:
        return False
    ends = (veth_peer(network, inside, each) for each in network.namespace(inside).links)
    return any(each is not None and each.netns == netns for each in ends)


def address_behind(namespace: Namespace, link: str | None, version: Version, *, near: bool = False) -> int | None:
    """Return the container's first global address on the link (None: on any link), with ``near`` its link-local
    address; None if it has none."""
    scope = "link" if near else "global"
    return next((each.value for each in addresses_of(namespace, link, version) if each.scope == scope), None)


def routers_of(network: Network, netns: Netns, version: Version) -> Iterator[tuple[int, str]]:
    """Yield the addresses by which the stack itself is a router of the container, with the tap link: the host's own
    router, whose route pasta copies, or slirp4netns' second address.  The stack answers ARP for each of them.

    Source: passt(1), --config-net, --gateway; slirp4netns(1), DESCRIPTION"""
    if not is_behind_stack(network, netns):
        return
    namespace, outer = network.namespace(netns), network.namespace(netns.of_host)
    link = tap_of(namespace)
    held = addresses_of(namespace, link, version)
    copied = any(owns_address(outer, version, each.value) for each in held if each.scope == "global")
    defaults = (each for each in outer.routes if each.version == version and not each.prefix_length)
    hosts = [hop.gateway for each in defaults for hop in each.next_hops]
    for own in held:
        for gateway in hosts if copied else [own.prefix.first + 2]:
            if gateway is not None and own.holds(gateway, version):
                yield gateway, link
