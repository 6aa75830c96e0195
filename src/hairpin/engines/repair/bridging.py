"""A network's bridge as its engine makes it: the link, the addresses of the gateways, its sysctl, its ports.

This module also lists the addresses that the engines gave to the links of a namespace.
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, Change, Primitive, SetLink, SetSysctl
from hairpin.engines.repair.endpoints import addresses
from hairpin.host.docker import DockerNetwork, Engine, Subnet
from hairpin.host.host import Host
from hairpin.host.link import Address, BridgePort, Link
from hairpin.network.attachment import gateway_of, has_lost_bridge, tap_of
from hairpin.network.network import owns_address

_replace = msgspec.structs.replace


def awaiting(host: Host, joined: DockerNetwork | None) -> Change | None:
    """Return an empty change if the network's bridge is missing, otherwise None.  The change is empty because Docker
    refuses the real change as long as the bridge is missing."""
    return Change(()) if has_lost_bridge(host, joined) else None


def lacks_bridge(host: Host, joined: DockerNetwork) -> bool:
    """Return whether the host lacks the network's bridge."""
    return joined.bridge is None or host.namespace(host.netns.name).link(joined.bridge) is None


def new_bridge(host: Host, engine: Engine, joined: DockerNetwork) -> Iterator[Primitive]:
    """Yield the parts of a change that make the network's bridge; no parts if the bridge exists.

    The new bridge gets the hardware address of the old bridge, because running containers still send to this address
    for some seconds.

    Source: moby libnetwork/drivers/bridge/bridge_linux.go createNetwork(), setup_ipv4_linux.go
    setupLoopbackAddressesRouting(); netavark src/network/bridge.rs
    """
    if joined.bridge is None or not lacks_bridge(host, joined) or not host.namespace(host.netns.name).links:
        return
    index = max(link.index for namespace in host.namespaces for link in namespace.links) + 100
    mac = _known_mac(host, joined)
    yield SetLink(host.netns, Link(index, joined.bridge, "bridge", mac=mac, flags=("BROADCAST", "MULTICAST", "UP")))
    yield from (AddEntry(host.netns, each) for each in _addresses(joined, joined.bridge, joined.subnets))
    if engine.kind == "podman" or engine.userland_proxy is False:
        yield SetSysctl(host.netns, ("net", "ipv4", "conf", joined.bridge, "route_localnet"), "1")


def renamed_bridge(host: Host, engine: Engine, joined: DockerNetwork) -> Link | None:
    """Return the network's bridge if it was renamed, or None.

    A renamed bridge has a name that no network uses.  A renamed bridge also has the address of the network's gateway,
    or the hardware address that containers know as the gateway's hardware address.  The engine, its rules and
    firewalld's zones find a bridge only by its name."""
    if engine.rootless or joined.bridge is None or not lacks_bridge(host, joined):
        return None
    namespace = host.namespace(host.netns.name)
    named = {network.bridge for each in host.engines for network in each.networks}
    wanted = {(each.version, each.value) for each in bridge_addresses(host, joined)}
    holders = {each.link for each in namespace.addresses if (each.version, each.value) in wanted}
    mac = _known_mac(host, joined)
    bridges = (each for each in namespace.links if each.kind == "bridge" and each.name not in named)
    return next((each for each in bridges if each.name in holders or (mac is not None and each.mac == mac)), None)


def lost_addresses(host: Host, joined: DockerNetwork) -> Iterator[Address]:
    """Yield the addresses that the network's bridge has lost.  Yield none if the bridge is missing, or if neither the
    network nor an endpoint names the gateway's address.

    When dockerd starts, it sets the addresses of its bridges again, even while containers run.

    Source: moby libnetwork/drivers/bridge/bridge_store.go populateNetworks(), setup_ipv4_linux.go
    """
    namespace = host.namespace(host.netns.name)
    if joined.bridge is None or namespace.link(joined.bridge) is None:
        return
    for each in bridge_addresses(host, joined):
        if not owns_address(namespace, each.version, each.value):
            yield each


def bridge_addresses(host: Host, joined: DockerNetwork) -> Iterator[Address]:
    """Yield the bridge addresses that the engine lists for the network."""
    told = (_replace(each, gateway=_told_gateway(host, joined, each)) for each in joined.subnets)
    if joined.bridge is not None:
        yield from _addresses(joined, joined.bridge, tuple(each for each in told if each.gateway is not None))


def _told_gateway(host: Host, joined: DockerNetwork, subnet: Subnet) -> int | None:
    """Return the address of the subnet's gateway.  dockerd 20.10 lists no gateway for the default bridge network, but
    each endpoint on this network names the gateway."""
    if subnet.gateway is not None:
        return subnet.gateway
    engine = next((each for each in host.engines if joined in each.networks), None)
    for container in engine.containers if engine is not None else ():
        for endpoint in container.endpoints:
            gateway = endpoint.gateway4 if subnet.version == 4 else endpoint.gateway6
            held = gateway is not None and subnet.holds(gateway, subnet.version)
            if endpoint.network == joined.name and held:
                return gateway
    return None


def _addresses(joined: DockerNetwork, bridge: str, subnets: tuple[Subnet, ...]) -> Iterator[Address]:
    """Yield the gateway addresses of the given subnets, as addresses of the bridge."""
    for subnet in subnets:
        if joined.gives_bridge_an_address(subnet.version) and (subnet.version == 4 or joined.ipv6):
            yield Address(bridge, subnet.version, gateway_of(subnet), subnet.prefix_length)


def _known_mac(host: Host, joined: DockerNetwork) -> int | None:
    """Return the hardware address of the gateway in a running container's neighbour table, or None."""
    gateways = {(each.version, gateway_of(each)) for each in joined.subnets}
    for container in host.containers():
        netns, endpoints = container.netns, host.engine_of(container).endpoints_of(container)
        if netns is None or netns not in host or all(each.network != joined.name for each in endpoints):
            continue
        for entry in host.namespace(netns).neighbours:
            if (entry.version, entry.value) in gateways and entry.mac is not None:
                return entry.mac
    return None


def port_of(engine: Engine) -> BridgePort:
    """Return the properties of a bridge port that the engine makes.  Hairpin mode is on if dockerd runs without
    docker-proxy, and in Podman's CNI configuration.

    Source: moby libnetwork/drivers/bridge/bridge_linux.go setHairpinMode(); podman cni/87-podman-bridge.conflist"""
    return BridgePort(hairpin=engine.userland_proxy is False or engine.network_backend == "cni")


def engine_addresses(host: Host, name: str) -> Iterator[Address]:
    """Yield the addresses that the engines gave to links of the named namespace.

    On the host these are the addresses of bridges, and in a container the addresses of endpoints.  ``link`` is empty
    for an endpoint's address.  A user's network stack gives the addresses of its tap link: pasta copies those of the
    host's uplink (passt(1), --config-net)."""
    for engine in host.engines:
        if name == host.netns.name:
            for joined in engine.networks:
                yield from bridge_addresses(host, joined)
        for container in engine.containers:
            if container.netns == name and name != host.netns.name:
                for endpoint in engine.endpoints_of(container):
                    yield from addresses(endpoint, "")
                if container.by_user_stack and name in host:
                    inside = host.namespace(name)
                    yield from (each for each in inside.addresses if each.link == tap_of(inside))
