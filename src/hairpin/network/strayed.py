"""Packets that have left the host although they should reach a container on the host, or the container's network."""

from hairpin.host.docker import STACKED, DockerNetwork, Engine, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.host.route import LEARNED, Neighbour, Route
from hairpin.kept import kept
from hairpin.netfilter.ir import Nat
from hairpin.netfilter.packet import Packet
from hairpin.network.attachment import has_lost_bridge
from hairpin.network.flow import Flow, FromHost
from hairpin.network.index import holders
from hairpin.network.network import Network, is_bridge_port, is_held, outer_link, owns_address
from hairpin.network.prefix import Version, is_loopback, width
from hairpin.programs import CHAINS_OF_PODMAN, CNI, PODMAN


def is_containers(network: Network, netns: Netns, flow: Flow, packet: Packet) -> bool:
    """Return whether the packet should have entered a bridge network of this host.

    There are four cases.  First, the destination is the address of a container or of another namespace of this host.
    Second, rules translated the destination to an address in a bridge network.  Third, the destination is in a bridge
    network whose bridge has lost its address or route.  Fourth, a rule of Podman's own translated it: Podman leads
    packets to its containers alone, and its networks may be unread.

    If the host has a route by a gateway to exactly this address, the address may also exist outside, unless an engine
    gave it to a container.  An address that a user added in a container, outside of the engine's networks, does not
    count.
    """
    version, address = packet.version, packet.daddr
    host = network.host(netns.host)
    others = (each for each in holders(host, version, address) if each != netns.name)
    if any(not is_typed_in(host, host.namespace(each), version, address) for each in others) and not _has_its_own_route(
        network.namespace(netns), version, address
    ):
        return True
    if (version, address) in _addresses_given(host):
        return True
    if address != flow.daddr and (version, address) in _targets_of_podman(network.namespace(netns)):
        return True
    return any(
        subnet.holds(address, version)
        and (address != flow.daddr or _is_cut_off(flow, host, engine, each, subnet))
        and held_elsewhere(network, netns, version, address, each.bridge) is None
        for engine in host.engines
        for each in engine.networks
        if each.driver == "bridge"
        for subnet in each.subnets
    )


@kept
def _addresses_given(host: Host) -> frozenset[tuple[Version, int]]:
    """Return the addresses that the engines gave to containers."""
    given: set[tuple[Version, int | None]] = set()
    for engine in host.engines:
        for end in (each for container in engine.containers for each in engine.endpoints_of(container)):
            given |= {(4, end.ipv4), (6, end.ipv6)}
    return frozenset((version, value) for version, value in given if value is not None)


@kept
def _targets_of_podman(namespace: Namespace) -> frozenset[tuple[Version, int]]:
    """Return the addresses to which rules in the tables and chains of Podman's network back ends lead."""
    found: set[tuple[Version, int]] = set()
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            native = table.dialect == "nft" and any(each.makes_table(table.name) for each in (PODMAN, CNI))
            if not native and not chain.name.startswith(CHAINS_OF_PODMAN):
                continue
            parts = (part for rule in chain.rules for part in rule.body)
            found.update(
                (each.version or (6 if table.family == "ip6" else 4), each.addresses[0])
                for each in parts
                if isinstance(each, Nat) and each.addresses is not None and each.addresses[0] == each.addresses[1]
            )
    return frozenset(found)


def held_elsewhere(
    network: Network, netns: Netns, version: Version, address: int, bridge: str | None
) -> Route | Neighbour | None:
    """Return the entry that shows that a machine on another link than the bridge has the address: a route with this
    address as its gateway, or a neighbour entry of an uplink; None if there is no such entry."""
    namespace = network.namespace(netns)
    if (version, address) not in _gateways_and_neighbours(namespace):
        return None
    for route in namespace.routes:
        if route.version == version and any(
            hop.gateway == address and hop.link not in (None, bridge) for hop in route.next_hops
        ):
            return route
    for entry in namespace.neighbours:
        if (entry.version, entry.value) != (version, address) or entry.link == bridge or entry.proxy:
            continue
        link = namespace.link(entry.link) if entry.mac is not None and entry.state in LEARNED else None
        if link is not None and outer_link(network, netns, link) is not None:
            return entry
    return None


@kept
def _gateways_and_neighbours(namespace: Namespace) -> frozenset[tuple[Version, int]]:
    """Return the addresses of the routes' gateways and of the neighbour entries, as an index for
    :func:`held_elsewhere`."""
    found: set[tuple[Version, int]] = {(entry.version, entry.value) for entry in namespace.neighbours}
    for route in namespace.routes:
        found.update((route.version, hop.gateway) for hop in route.next_hops if hop.gateway is not None)
    return frozenset(found)


def is_held_inside(network: Network, flow: Flow) -> bool:
    """Return whether a container or pod that was read has the flow's destination.  If so, a packet of the flow that
    leaves the hosts is lost.

    An address that a user added does not count, and neither does a loopback address, which each namespace has."""
    if is_loopback(flow.daddr, flow.version):
        return False
    return any(
        not is_typed_in(host, host.namespace(each), flow.version, flow.daddr)
        for host in network.hosts
        for each in holders(host, flow.version, flow.daddr)
        if each != host.netns.name
    )


def is_absent(network: Network, flow: Flow) -> bool:
    """Return whether the flow is for a stopped container whose address no host has until the container starts.  Such a
    container is on a macvlan or ipvlan network, or on a Podman network whose bridge was removed with the last
    container."""
    host = network.host(flow.asked_host or flow.host)
    container = host.container(flow.container) if flow.container else None
    if container is None or container.running or is_held(network, flow.version, flow.daddr):
        return False
    engine = host.engine_of(container)
    return any(
        subnet.holds(flow.daddr, flow.version)
        for each in engine.networks
        if each.name in engine.network_names(container)
        and (each.driver in STACKED or _has_removed_bridge(host, engine, each))
        for subnet in each.subnets
    )


def _has_removed_bridge(host: Host, engine: Engine, joined: DockerNetwork) -> bool:
    links = host.namespace(host.netns.name).links
    own = not engine.traits.has_daemon and not engine.rootless and joined.driver == "bridge"
    return own and bool(links) and all(each.name != joined.bridge for each in links)


def _has_its_own_route(namespace: Namespace, version: Version, address: int) -> bool:
    """Return whether the namespace has a route by a gateway to exactly this address."""
    return any(
        (route.version, route.destination, route.prefix_length) == (version, address, width(version))
        and any(hop.gateway is not None for hop in route.next_hops)
        for route in namespace.routes
    )


def is_typed_in(host: Host, namespace: Namespace, version: Version, address: int) -> bool:
    """Return whether a user added the address.  In a container, an address counts as added by a user if the engine gave
    only other addresses.  On the host, an address counts as added by a user if only the host's ends of containers'
    veths have it.

    The host's ends of containers' veths are bridge ports.  The bridge receives the packets of a port, so an address on
    a port is useless.
    """
    if namespace.name == host.netns.name:
        holders = [each.link for each in namespace.addresses if (each.version, each.value) == (version, address)]
        return bool(holders) and all(_is_containers_port(namespace, each) for each in holders)
    given = {
        endpoint.ipv4 if version == 4 else endpoint.ipv6
        for each in host.containers()
        if each.netns == namespace.name
        for endpoint in host.engine_of(each).endpoints_of(each)
    } - {None}
    return bool(given) and address not in given and not is_loopback(address, version)


def is_on_no_network(host: Host, namespace: Namespace, version: Version, address: int) -> bool:
    """Return whether only links have the address that lead to no machine: ``lo``, a dummy link, or a bridge without
    ports that no engine made."""
    bridges = {each.bridge for engine in host.engines for each in engine.networks}
    masters = {each.master for each in namespace.links}
    links = [
        namespace.link(each.link) for each in namespace.addresses if (each.version, each.value) == (version, address)
    ]
    return bool(links) and all(
        link is not None
        and (
            link.name == "lo"
            or link.kind == "dummy"
            or (link.kind == "bridge" and link.name not in bridges and link.name not in masters)
        )
        for link in links
    )


def _is_containers_port(namespace: Namespace, name: str) -> bool:
    """Return whether the link is a veth that is a bridge port and has its peer in another namespace."""
    link = namespace.link(name)
    return (
        link is not None and link.kind == "veth" and link.peer_netnsid is not None and is_bridge_port(namespace, link)
    )


def _is_cut_off(flow: Flow, host: Host, engine: Engine, joined: DockerNetwork, subnet: Subnet) -> bool:
    """Return whether the network's bridge has lost its address or route, or whether Docker's bridge itself is gone.

    Without the gateway's address the kernel has no route into the bridge.  A missing route or a missing bridge alone
    does not prove that a container had the destination address, because another machine may have it.  If the host
    itself sends, and the network has containers, no other machine is meant.
    """
    if joined.bridge is None or not joined.gives_bridge_an_address(subnet.version):
        return False
    namespace = host.namespace(host.netns.name)
    bridge = namespace.link(joined.bridge)
    if (
        bridge is not None
        and subnet.gateway is not None
        and not owns_address(namespace, subnet.version, subnet.gateway)
    ):
        return True
    used = any(joined.name in engine.network_names(each) for each in engine.containers)
    if not used or not isinstance(flow.start, FromHost):
        return False
    if bridge is None:
        return engine.running and has_lost_bridge(host, joined)
    return not _leads_into(namespace, joined.bridge, subnet)


def _leads_into(namespace: Namespace, bridge: str, subnet: Subnet) -> bool:
    """Return whether a route by the bridge contains the whole subnet."""
    return any(
        route.version == subnet.version
        and 0 < route.prefix_length <= subnet.prefix_length
        and route.holds(subnet.network, route.version)
        and any(hop.link == bridge for hop in route.next_hops)
        for route in namespace.routes
    )
