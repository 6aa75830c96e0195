"""Adds the parts of running containers that the engine makes: namespaces, ports, services and proxies."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.change import AddSocket, Change
from hairpin.engines.repair.bridging import new_bridge
from hairpin.engines.repair.starting import NEW_PORT, starting_change
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Listener, ToldParts
from hairpin.host.docker import STACKED, Container, DockerNetwork, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.known_ports import every_port_of_image, ports_of_image
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.ir import FieldMatch, Nat
from hairpin.network.names import EMBEDDED, has_embedded
from hairpin.suppose.asked import is_of_pool
from hairpin.suppose.own_namespace import with_lookups
from hairpin.suppose.simulated import after, with_namespace

_replace = msgspec.structs.replace
_LOOPBACK = 0x7F00_0001
_UDP = 17
_NO_PORT = PortBinding("tcp", 0, 0)
REFUSING = ("refused", "reset", "empty")
"""What a client sees if nobody listens on a port: docker-proxy takes a connection before it finds nobody."""


def with_containers(host: Host, told: ToldParts) -> Host:
    """Return the host in which each running container has a namespace.

    If a text shows the inside of a container, its namespace is kept.  A container that shares another container's
    namespace is processed after that container."""
    host = _without_doubles(_with_ignored_ports(host, told))
    running = [each for each in host.containers() if each.running]
    for each in sorted(running, key=lambda one: bool(one.joined)):
        host = _with_container(host, each, told)
    return _without_unmade(host)


def _with_ignored_ports(host: Host, told: ToldParts) -> Host:
    """Return the host in which the ports that people typed for a container on macvlan, ipvlan or internal networks
    alone are not published: engines ignore them."""
    for each in [one for one in host.containers() if one.name in told.typed and one.bindings]:
        engine = host.engine_of(each)
        networks = [engine.network(name) for name in engine.network_names(each)]
        if all(own is not None and (own.internal or own.driver in STACKED) for own in networks):
            bindings = tuple(_replace(one, actual=False) for one in each.bindings)
            host = host.with_container(_replace(each, bindings=bindings))
    return host


def _without_unmade(host: Host) -> Host:
    """Return the host in which a running container without a namespace counts as one that was left unread: on a network
    of which the text shows too little, its start cannot be simulated."""
    unmade = (each for each in host.containers() if each.running and each.netns is None and not each.joined)
    for each in tuple(unmade):
        host = host.with_container(_replace(each, left_unread=f"container:{each.name}"))
    return host


def _without_doubles(host: Host) -> Host:
    """Return the host without namespaces that occur twice.  A damaged text may have lost a container's name: the
    container then has its id as its name, but the readings from inside the container have its real name."""
    if all(each.name != each.id for each in host.containers()):
        return host
    own = {f"container:{each.name}" for each in host.containers()}
    kept = (each for each in host.namespaces if not each.name.startswith("container:") or each.name in own)
    return _replace(host, namespaces=tuple(kept))


def _with_container(host: Host, container: Container, told: ToldParts) -> Host:
    netns = f"container:{container.name}"
    if container.network_mode == "host":
        host = host.with_container(_replace(container, netns=HOST))
        return _with_service(host, HOST, container) if (HOST, "sockets") not in told.parts else host
    if netns in host and (netns, "links") in told.parts:
        inner = _with_lookups(_replace(host.namespace(netns), unread=()), host, container, told)
        begun = with_namespace(host, inner).with_container(_replace(container, netns=netns))
    else:
        begun = _with_start(host, container, told)
    now = next((each for each in begun.containers() if each.id == container.id), container)
    place = now.netns or netns
    if place not in begun:
        return begun
    if (netns, "sockets") not in told.parts:
        begun = _with_service(begun, place, container)
    if not {(netns, "sockets"), (netns, "ruleset")} <= told.parts:
        begun = with_resolver(begun, place, now)
    return _with_proxies(begun, container) if (HOST, "sockets") not in told.parts else begun


def _with_lookups(inner: Namespace, host: Host, container: Container, told: ToldParts) -> Namespace:
    """Return the container's namespace.  If no text lists its routes or policy rules, the supposed ones are added."""
    joined = host.engine_of(container).bridge_network(container)
    leads_out = joined is not None and not joined.internal
    return with_lookups(inner, told, tuple(each for each in inner.links if leads_out and each.name != "lo"))


def _with_start(host: Host, container: Container, told: ToldParts) -> Host:
    """Return the host in which the container was started, with the told parts of its inside."""
    netns = f"container:{container.name}"
    inside = host.namespace(netns) if netns in host else None
    without = _replace(host, namespaces=tuple(each for each in host.namespaces if each.name != netns))
    stopped = _replace(container, status="exited", netns=None)
    binding = next((each for each in container.bindings if each.actual), _NO_PORT)
    own = host.namespace(HOST)
    joined = host.engine_of(container).bridge_network(container)
    lacks_bridge = joined is not None and joined.bridge is not None and own.link(joined.bridge) is None
    begun = without.with_container(stopped)
    if joined is not None and lacks_bridge:
        # A container that runs was started while its bridge was there.
        begun = after(begun, Change(tuple(new_bridge(host, host.engine_of(container), joined))))
    change = starting_change(begun, stopped, _NO_PORT if (HOST, "sockets") in told.parts else binding)
    if change is None:
        return host
    started = after(begun, change)
    if netns not in started and not container.joined:
        return host
    now = next((each for each in started.containers() if each.id == container.id), container)
    # Only the namespaces are taken over: rules come with the rules of all containers.
    kept = own if lacks_bridge else _with_own_port(_replace(started.namespace(HOST), ruleset=own.ruleset))
    lists_ports = (HOST, "links") in told.parts and not _lacks_ports(own, joined)
    if lists_ports:
        kept = _replace(kept, links=own.links)
    joined_too = (each for each in container.endpoints if each.network not in {end.network for end in now.endpoints})
    started = with_namespace(started, kept).with_container(
        _replace(
            now,
            bindings=container.bindings,
            status=container.status,
            endpoints=(*now.endpoints, *joined_too),  # a modelled start joins one network only
        )
    )
    if lists_ports:
        started = _joined_to_told_port(started, now)
    place = netns if netns in started else now.netns or HOST
    if inside is not None and place != HOST:
        inner = _overlaid(started.namespace(place), inside, told)
        started = with_namespace(started, _with_lookups(inner, host, container, told))
    return started


def _with_own_port(own: Namespace) -> Namespace:
    """Return the namespace in which the port that a container's start made has a unique name.

    A simulated start gives each new port the same name, so a second port would replace the first."""
    links = tuple(_replace(each, name=f"veth{each.index}") if each.name == NEW_PORT else each for each in own.links)
    return _replace(own, links=links)


def _lacks_ports(own: Namespace, joined: DockerNetwork | None) -> bool:
    """Return whether the listing of links is incomplete: the network's bridge has carrier, but no port.  A bridge has
    carrier only if it has a port."""
    bridge = own.link(joined.bridge) if joined is not None and joined.bridge is not None else None
    return bridge is not None and bridge.carrier and not any(each.master == bridge.name for each in own.links)


def _overlaid(supposed: Namespace, inside: Namespace, told: ToldParts) -> Namespace:
    """Return the supposed namespace, in which the told fields replace the supposed fields."""
    fields = {field for netns, field in told.parts if netns == inside.name and field in Namespace.__struct_fields__}
    of_version = {
        version: inside if (inside.name, f"routes{version}") in told.parts else supposed for version in (4, 6)
    }
    routes = tuple(each for version, own in of_version.items() for each in own.routes if each.version == version)
    told_rules = tuple(each for each in inside.rules if (inside.name, f"rules{each.version}") in told.parts)
    values = {field: getattr(inside, field) for field in fields - {"sysctls"}}
    if "sysctls" in fields:
        both = {**supposed.sysctls.values, **inside.sysctls.values}
        values["sysctls"] = Sysctls(both, inside.sysctls.evidence)
    return _replace(supposed, **values, routes=routes, rules=told_rules)


def _joined_to_told_port(host: Host, container: Container) -> Host:
    """Return the host in which the container's link is the other end of a told bridge port that belongs to no other
    container.  For a packet it does not matter which of these ports it is."""
    if container.netns is None or container.netns not in host:
        return host
    own, inner = host.namespace(HOST), host.namespace(container.netns)
    eth0 = next((each for each in inner.links if each.kind == "veth"), None)
    engine = host.engine_of(container)
    joined = engine.bridge_network(container)
    taken = {link.peer_index for each in host.namespaces if each.name not in (HOST, inner.name) for link in each.links}
    free = [each for each in own.links if each.name.startswith("veth") and each.index not in taken]
    bridge = joined.bridge if joined is not None else None
    ports = [each for each in free if each.master is not None and each.master == bridge]
    # A port that was taken from its bridge, or whose bridge is gone, is a link without a master.
    port = next(iter(ports or [each for each in free if bridge is not None and each.master is None]), None)
    if eth0 is None or port is None:
        return host
    index = port.peer_index if port.peer_index is not None else eth0.index
    paired = _replace(eth0, index=index, peer_index=port.index, peer_netnsid=0)
    links = tuple(paired if each is eth0 else each for each in inner.links)
    outer = _replace(
        port,
        kind="veth",
        peer_index=index,
        peer_netnsid=port.peer_netnsid if port.peer_netnsid not in (None, -1) else 0,
    )
    host = with_namespace(host, _replace(inner, links=links))
    return with_namespace(host, _replace(own, links=tuple(outer if each is port else each for each in own.links)))


def _with_service(host: Host, netns: str, container: Container) -> Host:
    """Return the host in which the container's service listens on all ports that the container publishes or exposes, or
    that its image is known for."""
    if netns not in host:
        return host
    namespace = host.namespace(netns)
    said = listeners_of(host, container)
    own = tuple(
        Socket("tcp", 4 if each.address else 6, _LOOPBACK if each.address else None, each.port) for each in said
    )
    if any(each.line for each in said):
        return with_namespace(host, _replace(namespace, sockets=own))
    ports = dict.fromkeys((*((each.protocol, each.container_port) for each in container.bindings), *container.exposed))
    if not container.exposed:  # only an inspection shows what the image exposes
        ports |= dict.fromkeys(("tcp", each) for each in ports_of_image(container.image))
    gone = (
        *ports_without_listener(host, container),
        *_ports_of_arguments(container, said),
        *(each.port for each in said),
    )
    lacking = frozenset(("tcp", each) for each in gone)
    ports = {each: None for each in ports if each not in lacking}
    held = tuple(each for each in namespace.sockets if (each.protocol, each.port) not in lacking)
    there = {(each.protocol, each.port) for each in held}
    sockets = tuple(
        Socket("udp" if protocol == "udp" else "tcp", 6, None, port)
        for protocol, port in ports
        if protocol in ("tcp", "udp") and (protocol, port) not in there
    )
    return with_namespace(host, _replace(namespace, sockets=(*held, *sockets, *own)))


def _ports_of_arguments(container: Container, said: tuple[Listener, ...]) -> Iterator[int]:
    """Yield the container's ports beside which an argument of its program has the host's port: the mapping and the
    argument are about one port.  Any other argument is about one of several ports of the program."""
    inner = {each.container_port for each in container.bindings}
    ports = {each.port for each in said} - inner
    usual = ports_of_image(container.image)
    yield from (
        each.container_port
        for each in container.bindings
        if each.host_port in ports and each.container_port not in usual
    )


def ports_without_listener(host: Host, container: Container) -> Iterator[int]:
    """Yield the container's own TCP ports at which a client was refused, if the image's service is known to listen on
    another port.  Also yield a port of the host that another container's client asked at this container itself: a
    relay takes a connection only at the host."""
    bindings = [each for each in container.bindings if each.protocol == "tcp"]
    inner = {each.container_port for each in bindings}
    refused = [each for each in (host.told.outcomes if host.told is not None else ()) if each.result in REFUSING]
    named = (container.name, *container.service_names)
    yield from (each for each in inner if is_known_to_lack(host, container, each))
    for each in bindings:
        known = set(ports_of_image(container.image)) - {each.container_port}
        at_host = (one for one in refused if "container:" not in one.origin and not is_of_pool(one.host))
        if known and each.container_port not in ports_of_image(container.image):
            is_met = any(one.port == each.host_port and one.host not in named for one in at_host)
            is_met = is_met or any(not one.host and re.search(rf"\b{each.host_port}\b", one.target) for one in refused)
            yield from [each.container_port] if is_met else []
        elif each.host_port not in inner and len(_holders(host, each.host_port)) == 1:
            asked = (one for one in refused if one.port == each.host_port)
            yield from [each.host_port] if any(one.host in named or is_of_pool(one.host) for one in asked) else []


def is_known_to_lack(host: Host, container: Container, port: int) -> bool:
    """Return whether the service of the container's image does not listen on the TCP port, as its typed command or
    compose file configures nothing."""
    ports = every_port_of_image(container.image)
    return host.told is not None and container.name in host.told.plain and bool(ports) and port not in ports


def _holders(host: Host, port: int) -> set[str]:
    return {each.name for each in host.containers() if any(one.host_port == port for one in each.bindings)}


def listeners_of(host: Host, container: Container) -> tuple[Listener, ...]:
    """Return the ports on which the container's programs listen, as their log says.  If the text shows only one running
    container, a line without a container's name is of its log."""
    said = host.told.listeners if host.told is not None else ()
    is_alone = sum(each.running for each in host.containers()) == 1

    def is_of(each: Listener) -> bool:
        return container.id in {one.id for one in host.containers_named(each.container)} if each.container else is_alone

    return tuple(filter(is_of, said))


def with_resolver(host: Host, netns: str, container: Container) -> Host:
    """Return the host in which dockerd's resolver listens in the container, if the container's networks have a
    resolver.  The resolver listens at the ports to which told rules lead, or else at port 53."""
    if netns not in host or not has_embedded(host, container):
        return host
    namespace = host.namespace(netns)
    led = tuple(_led_to_resolver(namespace)) or (("udp", 53), ("tcp", 53))
    sockets = tuple(Socket(protocol, 4, EMBEDDED, port, process="dockerd") for protocol, port in led)
    return with_namespace(host, _replace(namespace, sockets=(*namespace.sockets, *sockets)))


def _led_to_resolver(namespace: Namespace) -> Iterator[tuple[Literal["tcp", "udp"], int]]:
    """Yield the protocol and the port to which each rule for the resolver leads."""
    for table in namespace.ruleset.tables:
        for rule in (rule for chain in table.chains for rule in chain.rules):
            matched = [each for each in rule.body if isinstance(each, FieldMatch) and each.field == "protocol"]
            is_udp = any((_UDP, _UDP) in each.ranges for each in matched)
            for each in rule.body:
                if isinstance(each, Nat) and each.addresses == (EMBEDDED, EMBEDDED) and each.ports is not None:
                    yield ("udp" if is_udp else "tcp"), each.ports[0]


def _with_proxies(host: Host, container: Container) -> Host:
    """Return the host with docker-proxy's sockets for all published ports of the container."""
    from hairpin.engines.repair.republishing import relays  # noqa: PLC0415

    for binding in container.bindings:
        if binding.actual and binding.host_port and binding.protocol != "sctp":
            now = next(each for each in host.containers() if each.id == container.id)
            parts = tuple(relays(host, now, binding))
            held = host.namespace(HOST).sockets
            fresh = tuple(each for each in parts if not isinstance(each, AddSocket) or each.socket not in held)
            host = after(host, Change(fresh))
    return host
