"""A stopped container as it would be when it runs: its namespace, its wire, the engine's rules, its service.

What a start will really do is the image's affair; this supposes that the service comes up on its published port.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import View
from hairpin.causes.engine._republishing import added_rules, relays
from hairpin.change.calls import Call, SetContainerState
from hairpin.change.change import AddNamespace, Change, Primitive, one
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.host.socket import Socket
from hairpin.network.prefix import address_text, network_of


def started(view: View, container: Container, binding: PortBinding) -> Change | None:
    """Return the change that starting the container would make, or None where it cannot be foretold (no bridge
    network)."""
    call = SetContainerState("docker", "start", container.name)
    for engine in view.host.engines:
        if all(each.id != container.id for each in engine.containers):
            continue
        network = _network(engine, container)
        if network is None or network.bridge is None:
            return None
        subnet = next((each for each in network.subnets if each.version == 4), None)
        bridge = view.host_namespace.link(network.bridge)
        if subnet is None or bridge is None:
            return None
        return Change(tuple(_parts(view, engine, container, network, subnet, binding)), (call,))
    return None


def on_default_bridge(view: View, container: Container, binding: PortBinding, *calls: Call) -> Change | None:
    """Return the change after which a container that publishes nothing (by its network) is on the default bridge."""
    attached = msgspec.structs.replace(container, network_mode="bridge", endpoints=())
    change = started(view, attached, binding)
    return None if change is None else msgspec.structs.replace(change, calls=calls)


def held_again(view: View, address: int, network: DockerNetwork, binding: PortBinding) -> Change | None:
    """Return the change after which a container, whichever it is, has the address on the network and serves the
    binding."""
    subnet = next((each for each in network.subnets if each.version == 4), None)
    if subnet is None or network.bridge is None or view.host_namespace.link(network.bridge) is None:
        return None
    gateway = subnet.gateway or network_of(subnet.network, subnet.prefix_length, 4) + 1
    nobody = Container("", address_text(address, 4), "running", netns=f"container:{address_text(address, 4)}")
    return one(_wire(view, nobody, network, address, subnet.prefix_length, gateway, binding))


def _network(engine: Engine, container: Container) -> DockerNetwork | None:
    names = {each.network for each in container.endpoints} or {container.network_mode}
    if names & {"default"}:
        names = {"bridge"}
    return next((each for each in engine.networks if each.name in names and each.driver == "bridge"), None)


def _parts(
    view: View, engine: Engine, container: Container, network: DockerNetwork, subnet: Subnet, binding: PortBinding
) -> Iterator[Primitive]:
    own = next((each.ipv4 for each in container.endpoints if each.network == network.name), None)
    address = own or _free_address(engine, subnet)
    gateway = subnet.gateway or network_of(subnet.network, subnet.prefix_length, 4) + 1
    endpoint = Endpoint(
        network.name, network.id, ipv4=address, ipv4_prefix_length=subnet.prefix_length, gateway4=gateway
    )
    bindings = tuple(msgspec.structs.replace(each, actual=True) for each in container.bindings)
    running = msgspec.structs.replace(
        container, status="running", endpoints=(endpoint,), bindings=bindings, netns=f"container:{container.name}"
    )
    yield _wire(view, running, network, address, subnet.prefix_length, gateway, binding)
    containers = tuple(running if each.id == container.id else each for each in engine.containers)
    yield from added_rules(view, msgspec.structs.replace(engine, containers=containers), running)
    yield from relays(view, running, binding)


def _free_address(engine: Engine, subnet: Subnet) -> int:
    taken = {each.ipv4 for container in engine.containers for each in container.endpoints}
    base = network_of(subnet.network, subnet.prefix_length, 4)
    candidate = base + 2
    while candidate in taken or candidate == subnet.gateway:
        candidate += 1
    return candidate


def _wire(
    view: View,
    container: Container,
    network: DockerNetwork,
    address: int,
    prefix_length: int,
    gateway: int,
    binding: PortBinding,
) -> AddNamespace:
    used = [link.index for namespace in view.host.namespaces for link in namespace.links]
    inner, outer = max(used) + 1, max(used) + 2
    outer_link = Link(
        outer, "veth-new", "veth", master=network.bridge, peer_index=inner, peer_netnsid=0, port=BridgePort()
    )
    eth0 = Link(inner, "eth0", "veth", peer_index=outer, peer_netnsid=0)
    lo = Link(1, "lo", "loopback", flags=("LOOPBACK", "UP"))
    name = f"container:{container.name}"
    namespace = Namespace(
        name=name,
        links=(lo, eth0),
        addresses=(Address("lo", 4, 0x7F000001, 8, "host"), Address("eth0", 4, address, prefix_length)),
        routes=(
            Route(4, 0x7F000000, 8, TABLE_LOCAL, "local", (NextHop("lo"),)),
            Route(4, address, 32, TABLE_LOCAL, "local", (NextHop("eth0"),)),
            Route(
                4, network_of(address, prefix_length, 4), prefix_length, next_hops=(NextHop("eth0"),), prefsrc=address
            ),
            Route(4, 0, 0, next_hops=(NextHop("eth0", gateway),)),
        ),
        sockets=_service(binding),
    )
    sysctls = ((("net", "ipv4", "conf", "eth0", "rp_filter"), "0"),)
    return AddNamespace(view.host.name, namespace, outer_link, container, sysctls)


def _service(binding: PortBinding) -> tuple[Socket, ...]:
    if binding.protocol == "sctp":
        return ()
    return (Socket(binding.protocol, 4, None, binding.container_port),)
