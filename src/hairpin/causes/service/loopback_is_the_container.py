"""A container asks a loopback address, which is the container itself, but the intended service is in another namespace.

Users see: "Connection refused" for ``localhost:8080`` or ``127.0.0.1:5432`` in a container, although the same
configuration worked on the host.  Or the container resolves no names, with ``nameserver 127.0.0.53`` in its
resolv.conf.

A container on a macvlan network may also ask its own address, if the network gave it the address of another machine.
A rootless container may ask the host's own address: pasta gives the container, or the namespace with the user's
networks, a copy of this address, so the packet never reaches the host.

Proof: no process in the container listens on the port that the program asks.  The container neither exposes nor
publishes the port, and another container or the host has it.  Or the container asks a name server on its own loopback
address.
Now: in the container's configuration, write the other container's name, or the network's gateway for the host.  Give
the container a name server that it can reach (``--dns``).
Lasting: make the same change in the Compose file, or in dockerd's options.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfContainer, View, message
from hairpin.causes.service._near import elsewhere, on_loopback, protocol_of
from hairpin.causes.service._service import is_foreign, listening, means_the_host, same_port
from hairpin.change.change import one
from hairpin.host.docker import STACKED, Container
from hairpin.host.known_ports import known_port, ports_of_image
from hairpin.host.socket import Socket
from hairpin.network.flow import FromContainer
from hairpin.network.names import EMBEDDED, nameservers
from hairpin.network.network import owns_address
from hairpin.network.prefix import address_text, is_loopback
from hairpin.question.port_flows import bindings_of
from hairpin.question.standpoints import primary_address
from hairpin.question.suggest import FEW
from hairpin.walk.sockets import socket_text

_DNS = 53


class _Meant(msgspec.Struct, frozen=True):
    """A service that the container may mean.  ``title``: the sentence about the service's place.  ``said``: the advice
    for the container's configuration.  ``evidence``: the reading that shows the service."""

    title: Message
    said: Message
    evidence: str = ""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a container asks itself for a port that it does not serve, and another container or the
    host serves this port.  Yield one candidate also when a container asks a name server on its own loopback address."""
    if view.stop.netns.is_rootless:
        yield from (_of_bridge if view.stop.netns.is_rootless_dockerds else _of_copy)(view)
        return
    packet, flow, container = view.stop.seen.packet, view.flow, view.container
    start = flow.start
    asks_itself = isinstance(start, FromContainer) and start.netns == view.stop.netns and packet.daddr == flow.daddr
    if view.on_host or container is None or not asks_itself:
        return
    if not is_loopback(packet.daddr, packet.version):
        if flow.container is None and _is_on_lan(view, container) and not same_port(view):
            yield _of_lan(view, container)
        elif means_the_host(view, container):
            yield from _of_copy(view)
        return
    if packet.daddr == EMBEDDED or same_port(view):
        return
    if packet.dport == _DNS:
        yield _candidate(view, container, (_name_server(view, container),))
    elif is_foreign(view, container):
        meant = tuple(_meant(view, container)) or tuple(_usual_server(view, container))
        if meant:
            yield _candidate(view, container, meant)


def _is_on_lan(view: View, container: Container) -> bool:
    """Return whether the asked address is the container's address on a macvlan or ipvlan network, whose addresses other
    machines may have, too."""
    asked, engine = view.stop.seen.packet.daddr, view.host.engine_of(container)
    lan = {each.name for each in engine.networks if each.driver in STACKED}
    ends = view.host.pod_holder(container).endpoints
    return any(asked in (each.ipv4, each.ipv6) and each.network in lan for each in ends)


def _of_lan(view: View, container: Container) -> Candidate:
    """Return the candidate that another machine of the LAN is meant, whose address the container was given."""
    packet = view.stop.seen.packet
    address = address_text(packet.daddr, packet.version)
    facts = {"address": address, "name": container.name, "port": packet.dport}
    said = message(
        "if another machine has {address}: recreate {name} with another address (--ip), and keep {address} out of the "
        "network (--aux-address, --ip-range)",
        **facts,
    )
    return Candidate(
        title=message("{address} is {name}'s own address, so the packet does not leave {name}", **facts),
        detail=message(
            "The network gave {address} to {name}, and nothing in {name} listens on port {port}. Another machine of "
            "the LAN may have the same address: the engine does not ask the LAN.",
            **facts,
        ),
        change=one(listening(view, said)),
        where=OfContainer(container.name, address=address, port=packet.dport),
        in_class="bound-elsewhere",
        evidence=(container.evidence,),
        of_network=True,
    )


def _of_copy(view: View) -> Iterator[Candidate]:
    """Yield the candidate that the host is meant, whose address the container or the namespace with the user's networks
    has, too.

    Source: passt(1), --config-net; Podman gives the host another address, --map-guest-addr, under the name
    host.containers.internal.  Measured with Podman 5.4.2"""
    packet, start = view.stop.seen.packet, view.flow.start
    asking = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if asking is None or not owns_address(view.host_namespace, packet.version, packet.daddr):
        return
    user = view.host.engine_of(asking).user or "user"
    facts = {"address": address_text(packet.daddr, packet.version), "name": asking.name, "port": packet.dport}
    said = message("write host.containers.internal:{port} instead of {address} in the configuration of {name}", **facts)
    yield Candidate(
        title=message(
            "{address} is also an address of the namespace with {user}'s container networks, so the packet does not "
            "reach the host", user=user, **facts,
        )
        if view.stop.netns.is_rootless
        else message("{address} is also an address of {name} itself, so the packet does not reach the host", **facts),
        detail=message(
            "pasta gives that namespace a copy of the host's address {address}, and nothing there listens on port "
            "{port}. {name} reaches the host as host.containers.internal.", **facts,
        )
        if view.stop.netns.is_rootless
        else message(
            "pasta gives {name} a copy of the host's address {address}, and nothing in {name} listens on port {port}. "
            "{name} reaches the host as host.containers.internal.", **facts,
        ),
        change=one(listening(view, said)),
        where=OfContainer(asking.name, address=str(facts["address"]), port=packet.dport),
        in_class="bound-elsewhere",
        evidence=(asking.evidence,),
        of_network=True,
    )  # fmt: skip


def _of_bridge(view: View) -> Iterator[Candidate]:
    """Yield the candidate that the host is meant by the address of a bridge in the namespace of a user's dockerd, where
    neither the host's services nor the sockets of published ports are.  Measured with Docker 20.10, 26.1 and 28.5"""
    packet, start = view.stop.seen.packet, view.flow.start
    asking = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if asking is None or not owns_address(view.namespace, packet.version, packet.daddr):
        return
    own = primary_address(view.network, view.stop.netns.of_host, packet.version)
    if own is None:
        return
    user = view.host.engine_of(asking).user or "user"
    facts = {"address": address_text(packet.daddr, packet.version), "name": asking.name, "port": packet.dport}
    facts |= {"host": address_text(own, packet.version), "user": user}
    said = message("write {host}:{port} instead of {address} in the configuration of {name}", **facts)
    yield Candidate(
        title=message("{address} is an address of the namespace of {user}'s dockerd, and not of the host", **facts),
        detail=message(
            "A user's dockerd keeps its bridges in a namespace of its own. The services of the host and the published "
            "ports are not in it. {name} reaches them at {host}.", **facts,
        ),
        change=one(listening(view, said)),
        where=OfContainer(asking.name, address=str(facts["address"]), port=packet.dport),
        in_class="bound-elsewhere",
        evidence=(asking.evidence,),
        of_network=True,
    )  # fmt: skip


def _candidate(view: View, container: Container, meant: tuple[_Meant, ...]) -> Candidate:
    packet = view.stop.seen.packet
    first, *further = meant[:FEW]
    address = address_text(packet.daddr, packet.version)
    return Candidate(
        title=first.title,
        detail=message(
            "A loopback address never leaves its network namespace: inside {name}, {address} means {name} itself, and "
            "nothing there listens on port {port}.",
            name=container.name,
            address=address,
            port=packet.dport,
        ),
        change=one(listening(view, first.said)),
        where=OfContainer(container.name, address=address, port=packet.dport),
        in_class="bound-elsewhere",
        evidence=(first.evidence or container.evidence,),
        advice=tuple(message("or: {said}", said=each.said) for each in further),
        of_network=packet.dport != _DNS,
    )


def _meant(view: View, container: Container) -> Iterator[_Meant]:
    """Yield the services that the container may mean: the service to which the host leads the port, containers that
    listen on the port, and the host."""
    port, protocol = view.stop.seen.packet.dport or 0, protocol_of(view)
    named: set[str] = set()
    for other, binding in bindings_of(view.host, port, protocol):
        if other.running and other.name not in named:
            named.add(other.name)
            yield _at_container(view, container, other, binding.container_port, published=True)
    for each in elsewhere(view):
        if each.container is not None and each.name not in named:
            yield _at_container(view, container, each.container, port, evidence=each.socket.evidence)
    own = [each for each in view.host_namespace.sockets if (each.protocol, each.port) == (protocol, port)]
    for socket in [each for each in own if each.relay is None and each.process != "dockerd"][:1]:
        yield _at_host(view, container, socket)


def _usual_server(view: View, container: Container) -> Iterator[_Meant]:
    """Yield the well-known server of the port, if only a text tells of the host: it shows few of its containers."""
    port = view.stop.seen.packet.dport or 0
    known = known_port(port, protocol_of(view))
    own = ports_of_image(container.image)
    if not view.host.is_of_text or known is None or known.serves_pages or port in own:
        return
    facts = {"asked": _asked(view), "name": container.name, "service": known.name}
    title = message("{asked} is {name} itself, which is no {service} server", **facts)
    said = message(
        "write the name of the container with {service}, or the host's address, instead of {asked} in the "
        "configuration of {name}", **facts,
    )  # fmt: skip
    yield _Meant(title, said)


def _at_container(
    view: View, asking: Container, other: Container, port: int, *, published: bool = False, evidence: str = ""
) -> _Meant:
    asked = _asked(view)
    title = (
        message("{asked} is {name} itself; on the host that port leads to {other}, port {port}", asked=asked,
                name=asking.name, other=other.name, port=port)
        if published
        else message("{asked} is {name} itself; {other} listens on port {port}", asked=asked, name=asking.name,
                     other=other.name, port=port)
    )  # fmt: skip
    if other.name == asking.name:
        said = message("in {name} itself, write port {port} instead of {asked}", port=port, asked=asked,
                       name=asking.name)  # fmt: skip
        return _Meant(title, said, evidence)
    host = view.host
    joined = {each.network: each for each in host.network_owner(other).endpoints}
    shared = [each.network for each in host.network_owner(asking).endpoints if each.network in joined]
    resolving = [each for each in shared if each not in ("bridge", "podman")]
    if resolving:
        said = message("write {other}:{port} instead of {asked} in the configuration of {name}", other=other.name,
                       port=port, asked=asked, name=asking.name)  # fmt: skip
    elif shared:
        address = joined[shared[0]].ipv4
        said = message(
            "write {address}:{port} ({other}) instead of {asked} in the configuration of {name}; on a network of their "
            "own the name {other} works, too",
            address=address_text(address or 0, 4),
            port=port,
            other=other.name,
            asked=asked,
            name=asking.name,
        )
    else:
        said = message(
            "put {name} and {other} on one network, and write {other}:{port} instead of {asked} in the configuration "
            "of {name}",
            name=asking.name,
            other=other.name,
            port=port,
            asked=asked,
        )
    return _Meant(title, said, evidence)


def _at_host(view: View, asking: Container, socket: Socket) -> _Meant:
    asked, engine = _asked(view), view.host.engine_of(asking)
    title = message("{asked} is {name} itself; the host listens on port {port}", asked=asked, name=asking.name,
                    port=socket.port)  # fmt: skip
    gateway = next((each.gateway4 for each in view.host.network_owner(asking).endpoints if each.gateway4), None)
    name = (
        message("host.docker.internal, which --add-host host.docker.internal:host-gateway makes")
        if engine.kind == "docker"
        else message("host.containers.internal")
    )
    said = message(
        "write the host's address on {name}'s network, {gateway} (or {alias}), instead of {asked} in the configuration "
        "of {name}",
        name=asking.name,
        gateway=address_text(gateway, 4) if gateway else "-",
        alias=name,
        asked=asked,
    )
    if on_loopback(socket):
        said = message(
            "{said}; and let the host's service listen there, too: it is bound to {socket}",
            said=said,
            socket=socket_text(socket),
        )
    return _Meant(title, said, socket.evidence)


def _name_server(view: View, container: Container) -> _Meant:
    """Return the advice to give the container a reachable name server.  A stub resolver on loopback (127.0.0.53) serves
    the host only."""
    address = address_text(view.stop.seen.packet.daddr, view.stop.seen.packet.version)
    reached = nameservers(view.host)[:1]
    server = reached[0] if reached else message("ADDRESS")
    option = message('"dns" in /etc/docker/daemon.json, for all containers')
    if view.host.engine_of(container).kind == "podman":
        option = message("dns_servers in /etc/containers/containers.conf, for all containers")
    said = message(
        "recreate {name} with --dns {server}, a name server that containers reach; or set {option}",
        name=container.name,
        server=server,
        option=option,
    )
    if container.resolvers == ():
        title = message(
            "{name} has no name server: its resolv.conf names none, and programs then ask {address}",
            name=container.name,
            address=address,
        )
    else:
        title = message("The name server {address} is {name} itself, where no resolver listens", address=address,
                        name=container.name)  # fmt: skip
    return _Meant(title, said)


def _asked(view: View) -> str:
    packet = view.stop.seen.packet
    address = address_text(packet.daddr, packet.version)
    return f"[{address}]:{packet.dport}" if packet.version == 6 else f"{address}:{packet.dport}"


CAUSE = Cause(
    title=message("A container asks a loopback address, which is the container itself"),
    source="network_namespaces(7): each namespace has its own loopback link",
    shown_by=(
        "docker compose config; docker ps",
        message("the service that the client asks at localhost belongs to the host or to another container"),
    ),
    reasons=frozenset({"no-listener"}),
    shown_to="engine",
)
