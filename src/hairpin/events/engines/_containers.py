"""A container stops, and starts again.  The engine gives a starting container addresses, rules, proxies and a new
namespace."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hairpin.change import change as c
from hairpin.engines.docker.dockerd import expected_for
from hairpin.engines.docker.gateway_bridge import bridge_of_overlays, with_gateway_endpoints
from hairpin.engines.docker.options import Version, dockerd_version
from hairpin.engines.expected import ExpectedListener
from hairpin.engines.missing import missing_for
from hairpin.engines.repair.endpoints import new_endpoint
from hairpin.engines.repair.republishing import insertions_of
from hairpin.engines.repair.starting import bridged_subnet, starting_change
from hairpin.events.course import Course
from hairpin.events.engines._namespace import as_restarted, far_ends, is_own, namespace_at_start
from hairpin.events.engines._podman import by_start, following_endpoint, with_networks, with_rules, without_networks
from hairpin.events.firewalls.iptables import deleting, key_of
from hairpin.field import lost_fields
from hairpin.host.docker import SWARM_BRIDGE, Container, Endpoint, Engine, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.host.read.engines.relays import proxy_target
from hairpin.host.socket import Relay, Socket
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.network.prefix import is_loopback

_replace = msgspec.structs.replace
_MAC = (1 << 48) - 1
CHOSEN_BY_CHANCE: Version = (28, 0, 0)
"""Since this Docker version a hardware address is random, and no IPv6 address is derived from it.  Measured with
28.5.2."""
_NO_PORT = PortBinding("tcp", 0, 0)


def with_container_ended(course: Course, container: Container) -> Course:
    """Return the course after the container has ended: its processes, its namespace, its rules and its proxies."""
    return with_containers_ended(course, (container,))


def with_containers_ended(course: Course, containers: Iterable[Container]) -> Course:
    """Return the course after these containers have ended, one after another.  The rules that an engine made only for
    these containers are found once and deleted first."""
    ending = tuple(containers)
    for engine in course.host.engines:
        ids = {each.id for each in engine.containers}
        own = tuple(ended(each) for each in ending if each.id in ids)
        if own and engine.traits.has_daemon:
            course = course.made(*_own_rules(course, engine, own))
    alone = [each for each in ending if _is_alone(course.host, each)]
    course = _all_ended(course, alone)
    for each in ending:
        if each not in alone:
            course = _without_processes(course, each, {one.id for one in ending})
    return course


def _is_alone(host: Host, container: Container) -> bool:
    """Return whether the container's namespace is not shared and ends with the container, or was not read, and the
    engine changes nothing else."""
    if not host.engine_of(container).traits.has_daemon:
        return False
    if container.netns is None or container.netns not in host:
        return True
    if container.on_host_network or container.joined:
        return False
    return sum(each.netns == container.netns for each in host.containers()) == 1


def _all_ended(course: Course, containers: list[Container]) -> Course:
    """Return the course after these containers have ended.  None of these containers shares a namespace that was
    read."""
    host = course.host
    own = {each.netns for each in containers}
    return course.made(
        *(c.DeleteSocket(host.netns, held) for each in containers for held in _held_ports(host, each)),
        *(c.DeleteNamespace(Netns(host.name, name)) for name in sorted(each for each in own if each is not None)),
        *(c.SetContainer(host.name, ended(each)) for each in containers),
    )


def _without_processes(course: Course, container: Container, ending: set[str]) -> Course:
    host, engine = course.host, course.host.engine_of(container)
    course = course.made(
        *(c.DeleteSocket(host.netns, each) for each in _held_ports(host, container)),
        *_processes(host, host.container(container.id) or container, ending),
        c.SetContainer(host.name, ended(container)),
    )
    return course if engine.traits.has_daemon else without_networks(course, engine, container)


def ended(container: Container) -> Container:
    """Return the container after its processes have ended."""
    return _replace(
        _without_own_entries(container),
        status="exited",
        endpoints=tuple(_replace(each, **lost_fields(Endpoint)) for each in container.endpoints),
        bindings=tuple(_replace(each, actual=False) for each in container.bindings),
        **lost_fields(Container),
    )


def _without_own_entries(container: Container) -> Container:
    """Return the container without the entries for itself in its /etc/hosts.  At each start the engine writes these
    entries anew, with the addresses that the container then has.

    Source: moby daemon/container_operations_unix.go buildSandboxOptions(); podman libpod/container_internal_common.go
    addHosts()"""
    if not container.hosts_entries:
        return container
    own = {address for each in container.endpoints for address in (each.ipv4, each.ipv6)}
    entries = tuple(each for each in container.hosts_entries if each.address not in own)
    return _replace(container, hosts_entries=entries, extra_names=tuple(dict.fromkeys(each.name for each in entries)))


def _own_rules(course: Course, engine: Engine, stopped: tuple[Container, ...]) -> Iterator[c.Primitive]:
    """Yield the deletions of the rules that the engine made only for these containers."""
    now = with_gateway_endpoints(course.host, engine)
    wanted = expected_for(now, course.namespace, {each.name for each in stopped})
    yield from deleting(course, wanted, {key_of(one) for one in wanted.rules if one.container})


def _held_ports(host: Host, container: Container) -> Iterator[Socket]:
    """Yield the sockets that hold the published ports: of docker-proxy, conmon, or rootlessport (for both families)."""
    relays, found = _relays(host.namespace(host.netns.name)), dict[Socket, None]()
    for each in (one for one in container.bindings if one.actual):
        key = (each.protocol, each.version, each.host_ip, each.host_port)
        both = relays.get((each.protocol, 6, None, each.host_port), ())
        found |= dict.fromkeys(relays.get(key) or (one for one in both if one.takes(each.version)))
    yield from found


@kept
def _relays(namespace: Namespace) -> dict[tuple[str, int, int | None, int], tuple[Socket, ...]]:
    """Return the namespace's sockets of relays by protocol, IP version, address and port."""
    found: dict[tuple[str, int, int | None, int], tuple[Socket, ...]] = {}
    for each in namespace.sockets:
        if each.engine_relay is not None:
            key = (each.protocol, each.version, each.address, each.port)
            found[key] = (*found.get(key, ()), each)
    return found


def _processes(host: Host, container: Container, ending: set[str]) -> Iterator[c.Primitive]:
    """Yield the deletion of the container's namespace.

    If the namespace belongs to another container, yield only the deletions of the container's sockets in it.

    Running containers that share the namespace of an ended container stay in this namespace, which has lost its links.
    """
    if container.netns is None or container.netns not in host:
        return
    netns = Netns(host.name, container.netns)
    others = [each for each in host.containers() if each.netns == container.netns and each.id != container.id]
    if container.on_host_network or (others and container.joined):
        for each in host.namespace(container.netns).sockets:
            if each.container == container.id:
                yield c.DeleteSocket(netns, each)
        return
    yield c.DeleteNamespace(netns)
    staying = [each for each in others if each.running and each.id not in ending]
    if staying:
        yield from _left_behind(host, host.namespace(container.netns), staying)


def _left_behind(host: Host, before: Namespace, staying: list[Container]) -> Iterator[c.Primitive]:
    """Yield the namespace that its owner has left, with the containers that share it and their sockets."""
    own = {each.id for each in staying}
    left = _replace(
        before,
        name=f"container:{staying[0].name}",
        links=tuple(each for each in before.links if each.name == "lo"),
        addresses=tuple(each for each in before.addresses if each.link == "lo"),
        routes=tuple(each for each in before.routes if all(hop.link in ("lo", None) for hop in each.next_hops)),
        neighbours=(),
        connections=(),
        sockets=tuple(each for each in before.sockets if each.container in own),
    )
    first, *rest = (_replace(each, netns=left.name) for each in staying)
    yield c.AddNamespace(host.name, left, None, first)
    yield from (c.SetContainer(host.name, each) for each in rest)


def with_container_started(course: Course, was: Host, container: Container) -> Course:
    """Return the course after the container's start.

    The container runs the same programs again.  Changes that a user made in the container's old namespace are lost.
    ``was``: the host when the container last ran.  ``container``: the container as it was in ``was``."""
    host, engine = course.host, course.host.engine_of(container)
    refused = refused_port(host, engine, container)
    if refused is not None:
        return course.failing(refused)
    before = was.namespace(container.netns) if container.netns is not None and container.netns in was else None
    if before is None or container.on_host_network or was.network_owner(container) != container:
        return _started_in(course, was, container)
    if bridge_of_overlays(engine, container) is not None:
        return _started_by_swarm(course, was, container, before)
    running = _replace(
        _without_own_entries(container),
        endpoints=tuple(_endpoint(course, was, engine, each) for each in container.endpoints),
    )
    if not engine.traits.has_daemon:
        course = with_networks(course, was, running)
        host = course.host
    namespace, outers = namespace_at_start(host, engine, before, container, running)
    course = course.provided(
        *(
            message(
                "{name} starts {process} on port {port} again, although the process started long after the container",
                name=container.name,
                process=each.process or "",
                port=each.port,
            )
            for each in namespace.sockets
            if each.is_late
        )
    )
    first = outers[0] if outers else None
    course = course.made(
        c.AddNamespace(host.name, namespace, first, running),
        *(c.SetLink(host.netns, each) for each in outers[1:]),
        *(far_ends(was, before) if engine.rootless else ()),
    )
    by_daemon = engine.traits.has_daemon and not engine.rootless
    return with_ports(course, running) if by_daemon else _with_held_ports(course, was, running)


def refused_port(host: Host, engine: Engine, container: Container) -> Message | None:
    """Return the reason why the engine does not start the container: another socket has one of the container's
    published ports.

    A socket whose process was not read (only root reads all) may be the container's own docker-proxy, if the container
    runs and publishes the port now.

    An engine binds the published ports before the container's process begins.  Source: moby
    libnetwork/portmapper/mapper.go MapRange(); podman libpod/oci_util.go bindPorts(); net/ipv4/inet_connection_sock.c
    inet_csk_get_port()"""
    if engine.rootless:
        return None
    for each in host.namespace(host.netns.name).sockets:
        bindings = (one for one in container.bindings if each.process or not (container.running and one.actual))
        binding = next((one for one in bindings if _is_bound(each, one)), None)
        if binding is not None and each.process:
            return message("{name} does not start: {process} has port {port} of this host", name=container.name,
                           process=each.process, port=binding.host_port)  # fmt: skip
        if binding is not None:
            return message("{name} does not start: another process has port {port} of this host", name=container.name,
                           port=binding.host_port)  # fmt: skip
    return None


def _is_bound(socket: Socket, binding: PortBinding) -> bool:
    """Return whether the socket keeps the engine from binding the published port's address and port."""
    if (socket.protocol, socket.port) != (binding.protocol, binding.host_port) or not binding.host_port:
        return False
    if socket.version != binding.version:
        return socket.takes(binding.version)
    return None in (socket.address, binding.host_ip) or socket.address == binding.host_ip


def _started_by_swarm(course: Course, was: Host, container: Container, before: Namespace) -> Course:
    """Return the course after the start of a container that is only on overlay networks.

    The container's links get their former peers, by which their bridges have carrier.  The swarm's managers assign the
    container's addresses, for all nodes of the swarm."""
    from hairpin.change.simulation.links import with_carrier_by

    same = message("the swarm gives {name} its addresses and its links again", name=container.name)
    ends = {each.peer_index for each in before.links if each.kind == "veth"}
    spaces = list[Namespace]()
    for each in course.host.namespaces:
        lost = [link for link in was.namespace(each.name).links if link.kind == "veth" and link.index in ends]
        names = {link.name for link in each.links}
        given = [link for link in lost if link.name not in names]
        wired = _replace(each, links=(*each.links, *given))
        for link in given:
            wired = with_carrier_by(wired, link)
        spaces.append(wired)
    again = _replace(before, sockets=tuple(as_restarted(each) for each in before.sockets if is_own(each, container)))
    host = _replace(course.host, namespaces=(*spaces, _replace(again, neighbours=(), connections=())))
    course = course.with_host(host).provided(same).made(c.SetContainer(course.label, container))
    return with_ports(course, container)


def with_container_first_started(course: Course, container: Container) -> Course:
    """Return the course after the start of a container that did not run before.

    The services of a container that never ran are known only from its ports."""
    engine = course.host.engine_of(container)
    refused = refused_port(course.host, engine, container)
    if refused is not None:
        return course.failing(refused)
    binding = next(iter(container.bindings), _NO_PORT)
    change = None if engine.starts_unconnected(container) else starting_change(course.host, container, binding)
    serves = message("{name} does not run now; once it runs, it serves its published ports", name=container.name)
    return course.provided(serves).made(*(change.parts if change is not None else ()))


def _started_in(course: Course, was: Host, container: Container) -> Course:
    """Return the course after the start of a container in another container's namespace, or in the host's namespace.

    The container last ran in the namespace ``container.netns`` of ``was``.  Since then, the namespace's owner may have
    left this namespace."""
    if container.netns is None or container.netns not in was:
        return course
    owner = course.host.network_owner(container)
    joined = owner.netns if owner.id != container.id and not container.on_host_network else container.netns
    if joined is None or joined not in course.host:
        return course
    netns = Netns(course.label, joined)
    again = (
        each
        for each in was.namespace(container.netns).sockets
        if each.container == container.id and is_own(each, container)
    )
    sockets = (c.AddSocket(netns, as_restarted(each), by_start(container)) for each in again)
    return course.made(*sockets, c.SetContainer(course.label, _replace(container, netns=joined)))


def with_ports(course: Course, running: Container) -> Course:
    """Return the course with the rules and the listeners that the engine adds for the container."""
    engine = course.host.engine_of(running).with_container(running)
    lost = missing_for(course.host, engine, running.name)
    course = course.made(*insertions_of(course.host.netns, lost))
    now = with_gateway_endpoints(course.host, course.host.engine_of(running))
    own = (each for each in lost.wanted.listeners if each.container == running.name)
    ends = next((each.endpoints for each in now.containers if each.name == running.name), running.endpoints)
    held = (socket for each in own for socket in _held(each, ends))
    return course.made(*(c.AddSocket(course.host.netns, each, by_start(running)) for each in held))


def _with_held_ports(course: Course, was: Host, running: Container) -> Course:
    """Return the course with Podman's rules for the container's ports, and with the listening sockets of conmon, or of
    a user's rootlessport or rootlesskit."""
    target = next((each.ipv4 for each in running.endpoints if each.ipv4 is not None), None)
    held = (_leading_to(each, target) for each in _held_ports(was, running))
    course = with_rules(course, was, running)
    return course.made(*(c.AddSocket(course.host.netns, each, by_start(running)) for each in held))


def _leading_to(socket: Socket, target: int | None) -> Socket:
    relay = socket.relay
    to_container = relay is not None and relay.version == 4 and not is_loopback(relay.address, 4)
    if relay is not None and to_container and relay.address and target is not None:
        socket = _replace(socket, relay=_replace(relay, address=target))
    return as_restarted(socket)


def _held(listener: ExpectedListener, ends: tuple[Endpoint, ...]) -> Iterator[Socket]:
    """Yield the listener's socket, if the container has an address.  If a container is only on overlay networks, its
    published ports lead to its address on swarm's bridge."""
    published = sorted(ends, key=lambda each: each.network != SWARM_BRIDGE)
    targets = (proxy_target(each, listener.version) for each in published)
    for target in [each for each in targets if each is not None][:1]:
        relay = Relay(*target, listener.binding.container_port, holds_only=listener.process == "dockerd")
        protocol: Literal["tcp", "udp"] = "udp" if listener.protocol == "udp" else "tcp"
        port = (listener.address, listener.port)
        yield Socket(protocol, listener.version, *port, process=listener.process, relay=relay)


def _endpoint(course: Course, before: Host, engine: Engine, was: Endpoint) -> Endpoint:
    """Return the endpoint with the addresses that it gets at the container's start.

    An address that the user chose stays.  If the user chose no address, Docker gives the first free address, and Podman
    gives the address after its last given address.  ``before``: the host when the container last ran."""
    joined = engine.network(was.network)
    if joined is not None and not engine.traits.has_daemon:
        return following_endpoint(course, before, engine, joined, was)
    subnet = bridged_subnet(course.host, joined) if joined is not None else None
    if joined is None or subnet is None:
        return was
    made = new_endpoint(engine, joined, subnet, Endpoint(was.network, fixed4=was.fixed4, fixed6=was.fixed6))
    by_chance = engine.kind == "docker" and (dockerd_version(engine.version) or CHOSEN_BY_CHANCE) >= CHOSEN_BY_CHANCE
    mac = was.mac if by_chance else _mac(was, made)
    ipv6 = made.ipv6 if by_chance else _ipv6(was, made, mac)
    return _replace(made, ipv6=ipv6, aliases=was.aliases, fixed4=was.fixed4, fixed6=was.fixed6, mac=mac)


def _mac(was: Endpoint, made: Endpoint) -> int | None:
    """Return the hardware address.  Docker before 28 derives the hardware address from the IPv4 address."""
    made_of_address = was.ipv4 is not None and was.mac == _of_address(was.ipv4)
    return _of_address(made.ipv4) if made_of_address and made.ipv4 is not None else was.mac


def _ipv6(was: Endpoint, made: Endpoint, mac: int | None) -> int | None:
    """Return the IPv6 address.  On its default network Docker derives the IPv6 address from the hardware address.

    Source: moby libnetwork/drivers/bridge/bridge_linux.go CreateEndpoint()"""
    of_mac = was.ipv6 is not None and was.mac is not None and was.ipv6 & _MAC == was.mac
    if not of_mac or mac is None or was.ipv6 is None:
        return made.ipv6
    return was.ipv6 & ~_MAC | mac


def _of_address(address: int) -> int:
    return 0x0242 << 32 | address
