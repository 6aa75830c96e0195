"""A network's bridge as its engine makes it: the link, the addresses of the gateways, its sysctl, its ports."""

from collections.abc import Iterator

from hairpin.change.change import AddAddress, Change, Primitive, SetLink, SetSysctl
from hairpin.engines.endpoints import gateway_of
from hairpin.host.docker import DockerNetwork, Engine, Subnet
from hairpin.host.host import Host
from hairpin.host.link import Address, BridgePort, Link
from hairpin.network.attachment import has_lost_bridge
from hairpin.network.network import owns_address


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
    yield from (AddAddress(host.netns, each) for each in _addresses(joined, joined.bridge, joined.subnets))
    if engine.kind == "podman" or engine.userland_proxy is False:
        yield SetSysctl(host.netns, ("net", "ipv4", "conf", joined.bridge, "route_localnet"), "1")


def lost_addresses(host: Host, joined: DockerNetwork) -> Iterator[Address]:
    """Yield the addresses that the network's bridge has lost; none while the bridge is not there, or where the engine
    does not tell which address the gateway has.

    dockerd gives them to it again when it starts, containers that still run or not.

    Source: moby libnetwork/drivers/bridge/bridge_store.go populateNetworks(), setup_ipv4_linux.go
    """
    namespace = host.namespace(host.netns.name)
    if joined.bridge is None or namespace.link(joined.bridge) is None:
        return
    told = tuple(each for each in joined.subnets if each.gateway is not None)
    for each in _addresses(joined, joined.bridge, told):
        if not owns_address(namespace, each.version, each.value):
            yield each


def _addresses(joined: DockerNetwork, bridge: str, subnets: tuple[Subnet, ...]) -> Iterator[Address]:
    """Yield the gateways' addresses in these subnets that the bridge has."""
    for subnet in subnets:
        if joined.gives_bridge_an_address(subnet.version) and (subnet.version == 4 or joined.ipv6):
            yield Address(bridge, subnet.version, gateway_of(subnet), subnet.prefix_length)


def _known_mac(host: Host, joined: DockerNetwork) -> int | None:
    """Return the hardware address that a running container has learned of its gateway on the network, or None."""
    gateways = {(each.version, gateway_of(each)) for each in joined.subnets}
    for container in host.containers():
        netns = container.netns
        if netns is None or netns not in host or all(each.network != joined.name for each in container.endpoints):
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
