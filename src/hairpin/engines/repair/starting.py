"""The effects of a container's start: its namespace, its veth on the bridge, the engine's rules, its service.

The image decides which processes a start really runs.  The model assumes that the service listens on its published
port.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.calls import Call, ConnectContainer, SetContainerState
from hairpin.change.change import (
    AddNamespace,
    AddSocket,
    Change,
    DeleteNamespace,
    Primitive,
    SetContainer,
    SetSysctl,
    one,
)
from hairpin.engines.docker.gateway_bridge import bridge_of_overlays, with_taken
from hairpin.engines.docker.options import Version, dockerd_version
from hairpin.engines.repair.bridging import lacks_bridge, new_bridge
from hairpin.engines.repair.endpoints import addresses, new_endpoint, routes, sysctls
from hairpin.engines.repair.republishing import added_rules, lacks_a_chain, relays
from hairpin.host.docker import STACKED, Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.host.quadlet import Quadlet
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import Message, message
from hairpin.network.attachment import gateway_of, network_for
from hairpin.network.prefix import address_text

_MAC_OF_ADDRESS = 0x0242 << 32
"""Source: moby libnetwork/netutils/utils.go GenerateMACFromIP()"""
_FIRST_UPDATE: Version = (5, 1, 0)
NEW_PORT = "veth-new"
"""The name of the host's end of a new veth pair.  The engine takes a name at random."""
PUBLISHES_NOTHING = PortBinding("tcp", 0, 0, actual=False)
"""Stands for the binding of a container that publishes no port: after a start with it, nothing listens, and only the
container's own packets are followed."""


class _Start(msgspec.Struct, frozen=True):
    """A container as its engine starts it, with one endpoint on the network ``joined``, whose IPv4 subnet is
    ``subnet``."""

    engine: Engine
    joined: DockerNetwork
    subnet: Subnet
    endpoint: Endpoint
    running: Container


def starting_change(host: Host, container: Container, binding: PortBinding, toward: int | None = None) -> Change | None:
    """Return the change that ``docker start`` makes; None for a container without a bridge, macvlan or ipvlan network.

    After the change, the container's service listens on the binding's container port.  A binding without a host port
    publishes no port.  ``toward``: if the container is on several networks, an IPv4 address in the network that is
    modelled.
    """
    engine = host.engine_of(container)
    if engine.rootless:
        return _started_rootless(host, engine, container, binding)
    owner = host.network_owner(container)
    if owner != container:
        return _started_with_owner(host, owner, container, binding)
    start = _start(host, container, toward)
    if start is None:
        return _started_stacked(host, engine, container, binding)
    call = SetContainerState(engine.kind, "start", container.name, engine.user)
    _, *sharers = restarts(host, container)
    parts = (*_parts(host, start, binding), *_moves_of_sharers(host, start.running))
    return Change(parts, (*connecting_first(engine, container), call, *sharers))


def _started_with_owner(host: Host, owner: Container, container: Container, binding: PortBinding) -> Change | None:
    """Return the change that starts a container in another container's namespace.  If that other container, the owner
    of the namespace, does not run, the change starts it first."""
    engine = host.engine_of(container)
    idle = PortBinding(binding.protocol, 0, 0, None, binding.version, actual=False)
    first = Change(()) if owner.running else starting_change(host, owner, idle)
    name = (owner.netns or "") if owner.running else f"container:{owner.name}"
    if first is None or (owner.running and name not in host):
        return None
    running = msgspec.structs.replace(container, status="running", netns=name)
    said = message("the restarted container has to start its service by itself. Whether it does depends on its image")
    sockets = (AddSocket(Netns(host.name, name), each, said) for each in _service(binding, is_dual=False))
    call = SetContainerState(engine.kind, "start", container.name, engine.user)
    return Change((*first.parts, *sockets, SetContainer(host.name, running)), (*first.calls, call))


def _moves_of_sharers(host: Host, started: Container) -> Iterator[Primitive]:
    """Yield the changes of the restarts after a container's start: each running container that shares its network moves
    from the old namespace to the new namespace."""
    sharers = [each for each in host.sharers_of(started) if each.running and each.netns is not None]
    for name in dict.fromkeys(each.netns or "" for each in sharers):
        if name in host and all(each in sharers for each in host.containers() if each.netns == name):
            yield DeleteNamespace(Netns(host.name, name))
    for each in sharers:
        yield SetContainer(host.name, msgspec.structs.replace(each, netns=started.netns))


def connecting_first(engine: Engine, container: Container) -> tuple[ConnectContainer, ...]:
    """Return the call that connects the container to the network that its network mode names.  If a start of the
    container connects the container to a network anyway, return no call."""
    if not engine.starts_unconnected(container):
        return ()
    joined = engine.network(container.network_mode)
    name = joined.name if joined is not None else engine.traits.default_network
    return (ConnectContainer(engine.kind, "connect", name, container.name, engine.user),)


def restarts(host: Host, container: Container) -> tuple[SetContainerState, ...]:
    """Return the calls that restart the container and then the running containers that share its namespace (``--network
    container:NAME``).  Without a restart, these containers would keep the old namespace, which has lost its link."""
    engine = host.engine_of(container)
    names = (container.name, *(each.name for each in host.sharers_of(container) if each.running))
    return tuple(SetContainerState(engine.kind, "restart", name, engine.user) for name in names)


def _started_stacked(host: Host, engine: Engine, container: Container, binding: PortBinding) -> Change | None:
    """Return the change that starts a container on a macvlan or ipvlan network, which publishes no port."""
    names = engine.network_names(container)
    networks = ((each, stacked_subnet(host, each)) for each in engine.networks if each.name in names)
    joined, subnet = next(((each, subnet) for each, subnet in networks if subnet is not None), (None, None))
    if joined is None or subnet is None:
        return None
    own = next((each for each in container.endpoints if each.network == joined.name), None)
    endpoint = new_endpoint(engine, joined, subnet, own)
    link = stacked_link(host, joined, endpoint, "eth0", max(each.index for ns in host.namespaces for each in ns.links))
    if link is None:
        return None
    netns = f"container:{container.name}"
    running = msgspec.structs.replace(container, status="running", endpoints=(endpoint,), netns=netns)
    made = AddNamespace(host.name, _namespace(netns, link, endpoint, binding), None, running, (rp_filter_off(link),))
    _, *sharers = restarts(host, container)
    return Change((made,), (SetContainerState(engine.kind, "start", container.name, engine.user), *sharers))


def stopped_and_started(host: Host, containers: tuple[Container, ...]) -> tuple[SetContainerState, ...]:
    """Return the calls that stop all the containers and then start them.  The engine removes the things that the
    containers share only while all these containers are stopped."""
    alone = [each for each in containers if host.network_owner(each) == each]
    names = dict.fromkeys(call.name for each in alone for call in restarts(host, each))
    engine = host.engine_of(containers[0])
    verbs: tuple[Literal["stop", "start"], ...] = ("stop", "start")
    return tuple(SetContainerState(engine.kind, verb, name, engine.user) for verb in verbs for name in names)


def refuses_start(host: Host, container: Container) -> bool:
    """Return whether the engine cannot start the container, because a chain for one of the container's rules is
    missing."""
    start = _start(host, container)
    if start is None:
        return False
    rules = added_rules(host, start.engine.with_container(start.running), start.running)
    return lacks_a_chain(rules, host.namespace(host.netns.name))


def _start(host: Host, container: Container, toward: int | None = None) -> _Start | None:
    engine = next((each for each in host.engines if any(c.id == container.id for c in each.containers)), None)
    joined = engine.bridge_network(container) if engine is not None else None
    of_address = network_for(host, toward, 4) if toward is not None else None
    if engine is not None and of_address is not None and of_address.name in engine.network_names(container):
        joined = of_address
    elif engine is not None and joined is None:
        joined = bridge_of_overlays(engine, container)
    subnet = bridged_subnet(host, joined) if joined is not None else None
    if engine is None or joined is None or subnet is None:
        return None
    own = next((each for each in container.endpoints if each.network == joined.name), None)
    endpoint = new_endpoint(with_taken(engine, joined), joined, subnet, own)
    running = msgspec.structs.replace(
        container,
        status="running",
        endpoints=(endpoint,),
        bindings=tuple(msgspec.structs.replace(each, actual=True) for each in container.bindings),
        netns=f"container:{container.name}",
    )
    return _Start(engine, joined, subnet, endpoint, running)


def _started_rootless(host: Host, engine: Engine, container: Container, binding: PortBinding) -> Change | None:
    """Return the change that starts a rootless container: a process of the container's user then listens on the
    published port."""
    if binding.protocol == "sctp":
        return None
    socket = Socket(binding.protocol, binding.version, binding.host_ip, binding.host_port, process="rootlessport")
    advice = message("start {name}", name=container.name)
    running = msgspec.structs.replace(container, status="running")
    parts = (AddSocket(host.netns, socket, advice), SetContainer(host.name, running))
    return Change(parts, (SetContainerState(engine.kind, "start", container.name, engine.user),))


def takes_restart_policy(engine: Engine) -> bool:
    """Return whether the engine can change the restart policy of an existing container.  Docker can change it, and so
    can Podman from version 5.1 on."""
    return engine.kind == "docker" or (dockerd_version(engine.version) or _FIRST_UPDATE) >= _FIRST_UPDATE


def back_after_reboot(engine: Engine, container: Container) -> tuple[Message, ...]:
    """Return the advice on how a container of Podman starts after a reboot.  For a container of Docker there is no
    advice, because the container's restart policy is enough; nor for a container that a unit of systemd runs."""
    if engine.traits.has_daemon or container.unit:
        return ()
    unit = "systemctl enable podman-restart.service"
    if engine.user:
        unit = f"loginctl enable-linger {engine.user}; systemctl --user -M {engine.user}@ enable podman-restart.service"
    if takes_restart_policy(engine):
        return (message("a unit of Podman starts its containers at boot: {command}", command=unit),)
    return (
        message(
            "to start the container again after a reboot: recreate {name} with --restart always; {command}",
            name=container.name,
            command=unit,
        ),
    )


def at_boot(quadlet: Quadlet) -> Message:
    """Return the advice on how the unit of a Quadlet starts at boot: no command can enable a unit that a generator
    makes."""
    return message(
        "to start it at boot, too: write `[Install]` with `WantedBy={target}` into {file}, then `{command}`",
        target="default.target" if quadlet.user else "multi-user.target",
        file=quadlet.file,
        command=quadlet.command("daemon-reload"),
    )


def on_default_bridge(host: Host, container: Container, binding: PortBinding, *calls: Call) -> Change | None:
    """Return the change that ``calls`` make: the container moves from a network that publishes no ports to docker0."""
    return on_network(host, container, binding, "bridge", *calls)


def on_network(host: Host, container: Container, binding: PortBinding, name: str, *calls: Call) -> Change | None:
    """Return the change that ``calls`` make: the container moves from a network that publishes no ports to the network
    ``name``."""
    attached = msgspec.structs.replace(container, network_mode=name, endpoints=())
    change = starting_change(host, attached, binding)
    return None if change is None else msgspec.structs.replace(change, calls=calls)


def held_again(host: Host, address: int, joined: DockerNetwork, binding: PortBinding) -> Change | None:
    """Return the change that adds a new container with the given address on the network; its service listens on the
    binding's container port."""
    subnet = bridged_subnet(host, joined)
    if subnet is None:
        return None
    holder = Container("", address_text(address, 4), "running", netns=f"container:{address_text(address, 4)}")
    endpoint = Endpoint(joined.name, ipv4=address, ipv4_prefix_length=subnet.prefix_length, gateway4=gateway_of(subnet))
    return one(_attached(host, holder, joined, endpoint, binding))


def bridged_subnet(host: Host, joined: DockerNetwork) -> Subnet | None:
    """Return the IPv4 subnet of a bridge network; None if it has no such subnet, or if Docker's bridge is missing."""
    if joined.bridge is None or (lacks_bridge(host, joined) and not _is_podmans(host, joined)):
        return None
    return next((each for each in joined.subnets if each.version == 4), None)


def _is_podmans(host: Host, joined: DockerNetwork) -> bool:
    return any(not each.traits.has_daemon and joined in each.networks for each in host.engines)


def _parts(host: Host, start: _Start, binding: PortBinding) -> Iterator[Primitive]:
    # Podman makes a network's bridge with its first container, and removes it with the last.
    yield from new_bridge(host, start.engine, start.joined)
    yield _attached(host, start.running, start.joined, start.endpoint, binding)
    yield from added_rules(host, start.engine.with_container(start.running), start.running)
    if start.engine.kind == "podman":
        yield from _netavarks_sysctls(host, start.joined, binding)
    if binding.host_port:
        yield from relays(host, start.running, binding)


def _netavarks_sysctls(host: Host, joined: DockerNetwork, binding: PortBinding) -> Iterator[SetSysctl]:
    """Yield the sysctls that netavark writes whenever a container on the network starts: forwarding, and for a
    published port also that the bridge routes loopback addresses.

    Source: netavark src/network/bridge.rs, src/firewall/mod.rs; measured with 1.14"""
    held = host.namespace(host.netns.name).sysctls
    forwarding = ("net", "ipv4", "ip_forward")
    of_loopback = ("net", "ipv4", "conf", joined.bridge or "", "route_localnet")
    for path in (forwarding, *((of_loopback,) if binding.host_port and joined.bridge else ())):
        if held.text(*path) == "0":
            yield SetSysctl(host.netns, path, "1")


def _attached(
    host: Host, container: Container, joined: DockerNetwork, endpoint: Endpoint, binding: PortBinding
) -> AddNamespace:
    """Return the part that adds the container's namespace with its eth0, whose veth peer is a port of the network's
    bridge."""
    eth0, outer_link = veth_pair(host, "eth0", joined)
    namespace = _namespace(f"container:{container.name}", eth0, endpoint, binding)
    values = (rp_filter_off(eth0), *sysctls(endpoint, "eth0"))
    return AddNamespace(host.name, namespace, outer_link, container, values)


def _namespace(name: str, eth0: Link, endpoint: Endpoint, binding: PortBinding) -> Namespace:
    """Return a new container's namespace, in which its service listens."""
    return Namespace(
        name=name,
        links=(Link(1, "lo", "loopback", flags=("LOOPBACK", "UP")), eth0),
        addresses=(Address("lo", 4, 0x7F000001, 8, "host"), *addresses(endpoint, "eth0")),
        routes=(
            Route(4, 0x7F000000, 8, TABLE_LOCAL, "local", (NextHop("lo"),)),
            *routes(endpoint, "eth0", way_out=True),
        ),
        sockets=_service(binding, is_dual=endpoint.ipv6 is not None),
    )


def veth_pair(host: Host, name: str, joined: DockerNetwork) -> tuple[Link, Link]:
    """Return a new veth pair with the network's MTU: the container's end ``name``, and the host's end, a port of the
    bridge."""
    mtu = joined.mtu_bytes or 1500
    highest = max((link.index for namespace in host.namespaces for link in namespace.links), default=0)
    inner, outer = highest + 1, highest + 2
    port = Link(
        outer,
        NEW_PORT,
        "veth",
        mtu_bytes=mtu,
        master=joined.bridge,
        peer_index=inner,
        peer_netnsid=0,
        port=BridgePort(),
    )
    return Link(inner, name, "veth", mtu_bytes=mtu, peer_index=outer, peer_netnsid=0), port


def rp_filter_off(link: Link) -> tuple[Path, str]:
    """Return the path and the value (0) of the sysctl ``rp_filter`` of a container's new interface."""
    return ("net", "ipv4", "conf", link.name, "rp_filter"), "0"


def _service(binding: PortBinding, *, is_dual: bool) -> tuple[Socket, ...]:
    """Return the sockets of the container's service.  The sockets listen in both families if the container has both.

    There are no sockets for SCTP, whose sockets are not modelled, and for a binding without a container port."""
    if binding.protocol == "sctp" or not binding.container_port:
        return ()
    return (Socket(binding.protocol, 6 if is_dual else 4, None, binding.container_port),)


def stacked_subnet(host: Host, joined: DockerNetwork) -> Subnet | None:
    """Return the IPv4 subnet of a macvlan or ipvlan network.  Return None for a network without an IPv4 subnet or of
    another driver, and if the parent link was not read."""
    if joined.driver not in STACKED or _lower(host, joined) is None:
        return None
    return next((each for each in joined.subnets if each.version == 4), None)


def stacked_link(host: Host, joined: DockerNetwork, endpoint: Endpoint, name: str, index: int) -> Link | None:
    """Return the container's link as the engine makes it, with an index greater than ``index``.  Return None if the
    parent link was not read, or if the endpoint has no IPv4 address."""
    lower = _lower(host, joined)
    if lower is None or endpoint.ipv4 is None:
        return None
    return Link(
        max(index, lower.index) + 1,
        name,
        joined.driver,
        mtu_bytes=lower.mtu_bytes,
        mac=lower.mac if joined.driver == "ipvlan" else _MAC_OF_ADDRESS | endpoint.ipv4,
        peer_index=lower.index,
        peer_netnsid=0,
        macvlan_mode=joined.option(f"{joined.driver}_mode") or ("bridge" if joined.driver == "macvlan" else "l2"),
    )


def _lower(host: Host, joined: DockerNetwork) -> Link | None:
    return host.namespace(host.netns.name).link(joined.option("parent") or "")
