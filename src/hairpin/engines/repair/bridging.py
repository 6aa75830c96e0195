"""A network's bridge as its engine makes it: the link, the addresses of the gateways, its sysctl, its ports.

Beside it: the addresses that the engines gave to all links of a namespace.
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, Change, Primitive, SetLink, SetSysctl
from hairpin.engines.repair.endpoints import addresses, gateway_of
from hairpin.host.docker import DockerNetwork, Engine, Subnet
from hairpin.host.host import Host
from hairpin.host.link import Address, BridgePort, Link
from hairpin.network.attachment import has_lost_bridge
from hairpin.network.network import owns_address
from hairpin.network.prefix import inside

_replace = msgspec.structs.replace


def awaiting(host: Host, joined: DockerNetwork | None) -> Change | None:
    """Return an empty change for what Docker refuses until the network's bridge is there again; None if it is there."""
    return Change(()) if has_lost_bridge(host, joined) else None


def lacks_bridge(host: Host, joined: DockerNetwork) -> bool:
    """Return whether the network's bridge is not on the host."""
    return joined.bridge is None or host.namespace(host.netns.name).link(joined.bridge) is None


def new_bridge(host: Host, engine: Engine, joined: DockerNetwork) -> Iterator[Primitive]:
    """Yield the parts that make the network's bridge; none if it is there.

    Containers that run still know the hardware address that it had, and send to it for seconds: it gets that one.

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
    """Return the network's bridge where it has another name now: the bridge, of no network's name, that has a gateway's
    address, or the hardware address by which the containers know their gateway.

    The engine, its rules and a firewall's zones know the bridge by its name alone."""
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
    """Yield the addresses that the network's bridge has lost; none while the bridge is not there, or where neither the
    network nor an endpoint on it tells which address the gateway has.

    dockerd gives them to it again when it starts, containers that still run or not.

    Source: moby libnetwork/drivers/bridge/bridge_store.go populateNetworks(), setup_ipv4_linux.go
    """
    namespace = host.namespace(host.netns.name)
    if joined.bridge is None or namespace.link(joined.bridge) is None:
        return
    for each in bridge_addresses(host, joined):
        if not owns_address(namespace, each.version, each.value):
            yield each


def bridge_addresses(host: Host, joined: DockerNetwork) -> Iterator[Address]:
    """Yield the addresses that the engine gave the network's bridge, as far as it tells them."""
    told = (_replace(each, gateway=_told_gateway(host, joined, each)) for each in joined.subnets)
    if joined.bridge is not None:
        yield from _addresses(joined, joined.bridge, tuple(each for each in told if each.gateway is not None))


def _told_gateway(host: Host, joined: DockerNetwork, subnet: Subnet) -> int | None:
    """Return the address of the subnet's gateway: dockerd 20.10 lists the default bridge without it, but each endpoint
    has it."""
    if subnet.gateway is not None:
        return subnet.gateway
    engine = next((each for each in host.engines if joined in each.networks), None)
    for container in engine.containers if engine is not None else ():
        for endpoint in container.endpoints:
            gateway = endpoint.gateway4 if subnet.version == 4 else endpoint.gateway6
            held = gateway is not None and inside(gateway, subnet.network, subnet.prefix_length, subnet.version)
            if endpoint.network == joined.name and held:
                return gateway
    return None


def _addresses(joined: DockerNetwork, bridge: str, subnets: tuple[Subnet, ...]) -> Iterator[Address]:
    """Yield the gateways' addresses in these subnets that the bridge has."""
    for subnet in subnets:
        if joined.gives_bridge_an_address(subnet.version) and (subnet.version == 4 or joined.ipv6):
            yield Address(bridge, subnet.version, gateway_of(subnet), subnet.prefix_length)


def _known_mac(host: Host, joined: DockerNetwork) -> int | None:
    """Return the hardware address that a running container has learned of its gateway on the network, or None."""
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
    """Return a bridge port as the engine makes it: without docker-proxy, and with CNI's configuration for Podman, a
    frame may return by the port that it came from.  Source: moby libnetwork/drivers/bridge/bridge_linux.go
    setHairpinMode(); podman cni/87-podman-bridge.conflist"""
    return BridgePort(hairpin=engine.userland_proxy is False or engine.network_backend == "cni")


def engine_addresses(host: Host, name: str) -> Iterator[Address]:
    """Yield the addresses of the namespace of that name: of the bridges on the host, of the endpoints in a container.
    ``link`` is empty for those of an endpoint."""
    for engine in host.engines:
        if name == host.netns.name:
            for joined in engine.networks:
                yield from bridge_addresses(host, joined)
        for container in engine.containers:
            if container.netns == name and name != host.netns.name:
                for endpoint in engine.endpoints_of(container):
                    yield from addresses(endpoint, "")
