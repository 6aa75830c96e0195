"""Packets that have left the host although they were meant for a container network on it."""

from hairpin.host.docker import DockerNetwork, Engine, Subnet
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.netfilter.packet import Packet
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network, owns_address
from hairpin.network.prefix import inside


def is_containers(network: Network, netns: Netns, flow: Flow, packet: Packet) -> bool:
    """Return whether the packet should have entered a bridge network here.

    Its destination is a container's own address, an address that it was translated to in such a network, or one in a
    network whose bridge has lost its own or its route.
    """
    version, address = packet.version, packet.daddr
    namespace = network.namespace(netns.of_host)
    for engine in network.host(netns.host).engines:
        for container in engine.containers:
            if any(address == (each.ipv4 if version == 4 else each.ipv6) for each in container.endpoints):
                return True
    return any(
        subnet.version == version
        and inside(address, subnet.network, subnet.prefix_length, version)
        and (address != flow.daddr or _is_cut_off(flow, namespace, engine, each, subnet))
        for engine in network.host(netns.host).engines
        for each in engine.networks
        if each.driver == "bridge"
        for subnet in each.subnets
    )


def _is_cut_off(flow: Flow, namespace: Namespace, engine: Engine, joined: DockerNetwork, subnet: Subnet) -> bool:
    """Return whether what leads into the network's bridge is gone, or Docker's bridge itself.  Podman has a bridge only
    while a container is on it."""
    if joined.bridge is None or not joined.gives_bridge_an_address(subnet.version):
        return False
    if namespace.link(joined.bridge) is None:
        return engine.kind == "docker" and engine.running and isinstance(flow.start, FromHost)
    return _lacks_gateway(namespace, subnet) or _is_unrouted(flow, namespace, joined, subnet)


def _lacks_gateway(namespace: Namespace, subnet: Subnet) -> bool:
    """Return whether the gateway's address is not on the host: the route into the bridge is gone with it."""
    return subnet.gateway is not None and not owns_address(namespace, subnet.version, subnet.gateway)


def _is_unrouted(flow: Flow, namespace: Namespace, joined: DockerNetwork, subnet: Subnet) -> bool:
    """Return whether the host itself asks, and the route into the network's bridge, which is there, is gone.  To a
    container on another network such an address is a machine's elsewhere."""
    if not isinstance(flow.start, FromHost):
        return False
    wanted = (subnet.version, subnet.network, subnet.prefix_length)
    into = (route for route in namespace.routes if any(hop.link == joined.bridge for hop in route.next_hops))
    return all((route.version, route.destination, route.prefix_length) != wanted for route in into)
