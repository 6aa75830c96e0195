"""No container publishes the port, and no process of the host listens on it.

Users see: connections to the host's address are refused, or a firewall drops them, although the service runs.
``EXPOSE`` alone publishes no port, or the user mistyped the port.

Proof: no container publishes the port, and no socket of the host holds it.  If a client outside asks a container's own
address, none of dockerd's rules opens the port at this address.  If the port is published, the client reaches it.
Now: connect to the intended port, start the service of the host that should have the port, or recreate the container
with ``-p``.
Lasting: add the port under ``ports:`` in the Compose file.
"""

from typing import Literal

import msgspec

from hairpin.causes.container._idle_publisher import has_file_of_engine, may_publish
from hairpin.causes.engine._publishing import (
    held_aside,
    is_unserved,
    of_routed,
    only_published,
    port_holder,
    refusal_of,
)
from hairpin.causes.isolation._walls import pair_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Host, Iterator, Message, View, Way, message
from hairpin.causes.names._own_server import asks_server_of_host
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import is_meant_policy, owner
from hairpin.causes.service._service import listening
from hairpin.causes.where import OfContainer, OfPort, OfWall
from hairpin.change.change import Change, Primitive
from hairpin.engines.repair.republishing import option_of, published_too, recreated_with
from hairpin.host.docker import Container, PortBinding
from hairpin.host.known_ports import KnownPort, known_port
from hairpin.network.flow import Lan, Outside
from hairpin.network.socket_owner import serves
from hairpin.question.port_flows import bindings_of
from hairpin.question.suggest import FEW, is_slip, port_distance
from hairpin.walk.sockets import socket_text
from hairpin.wanted import ask_port


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container that listens on or exposes the port and does not publish it.

    If no container has the port, yield one candidate for a published port that is one typing error away, and one
    candidate for a service of the host.  For a well-known port, yield only the candidate for the host's service.  If
    FORWARD's policy stopped a packet for a container's own address, yield a candidate that publishes the port.  If an
    engine's rule stopped the packet, yield a candidate that deletes the rule.  A routed network has its own one."""
    if routed := tuple(of_routed(view)):
        yield from routed
        return
    if asks_server_of_host(view):
        return
    place = view.place
    if not is_unserved(view):
        if place is not None and is_meant_policy(view, place):
            yield from _closed(view)
        elif place is not None and owner(view, place) == "engine":
            yield from _protected(view)
        return
    # A container whose namespace was not read may have the port, so hairpin reads all containers first.
    if any(each.running and each.left_unread for each in view.host.containers()) or has_file_of_engine(view):
        return
    mine = (each for each in view.host.containers() if each.running and _has_port(view, each))
    own = list(dict.fromkeys(view.host.network_owner(each) for each in mine))
    for container in sorted(own, key=lambda each: _elsewhere(view, each) is None):
        yield _unpublished(view, container)
    if own:
        return
    known = known_port(view.flow.dport, view.flow.protocol)
    near = [pair for pair in _by_nearness(view) if is_slip(view.flow.dport, pair[1].host_port)]
    running = next((pair for pair in near if pair[0].running), None)
    if running is not None and known is None:
        parts, said = _twin(view, *running)
        yield _nobody(view, parts, (said,))
    accepted = deletion(view, place).parts if place is not None else ()
    yield _nobody(
        view,
        (listening(view, _service(view, known)), *accepted),
        (
            *(each for pair in near[:FEW] for each in _otherwise(view.host, *pair)),
            *_other_protocol(view),
            *_else(view, known),
        ),
    )


def _service(view: View, known: KnownPort | None) -> Message:
    """Return the advice for a port on which a service of the host itself should listen."""
    if known is None and not any(each.running for each in view.host.containers()):
        return message("start a service on port {port}", port=view.flow.dport)
    if known is None:
        return message("if a service of this host should listen on port {port}: start it", port=view.flow.dport)
    return message(
        "start the service of this host that should listen on port {port}: this is the usual port of {name} ({units})",
        port=view.flow.dport,
        name=known.name,
        units=", ".join(known.units),
    )


def _other_protocol(view: View) -> Iterator[Message]:
    """Yield a hint about the host's socket on the same port of the other protocol, or about a stopped container that
    publishes that port."""
    other: Literal["tcp", "udp"] = "tcp" if view.flow.protocol == "udp" else "udp"
    wanted = (other, view.flow.dport)
    namespace = view.host_namespace
    found = [each for each in namespace.sockets if (each.protocol, each.port) == wanted and serves(each, namespace)]
    for each in found[:1]:
        yield message(
            "{socket} has the port for {protocol}; if you meant that: {question}",
            socket=socket_text(each), protocol=other, question=ask_port(view.flow.dport, other),
        )  # fmt: skip
    for container, _ in bindings_of(view.host, view.flow.dport, other)[: 0 if found else 1]:
        yield message(
            "{name} publishes the port for {protocol}, but does not run; if you meant that: {question}",
            name=container.name, protocol=other, question=ask_port(view.flow.dport, other),
        )  # fmt: skip


def _else(view: View, known: KnownPort | None) -> tuple[Message, ...]:
    """Return hints for a port that hairpin finds nowhere: about a container whose ports are unknown, and about a
    firewall rule that drops the packet."""
    running = any(each.running for each in view.host.containers())
    by_container = message(
        "if a container should have the port: recreate that container with -p {port}:PORT, where PORT is the port on "
        "which it listens",
        port=view.flow.dport,
    )
    return (*((by_container,) if running and known is None else ()), *_firewalled(view))


def _has_port(view: View, container: Container) -> bool:
    """Return whether the container exposes the port, or a process in the container listens on it."""
    port = (view.flow.protocol, view.flow.dport)
    if port in container.exposed:
        return True
    if container.netns is None or container.on_host_network or container.netns not in view.host:
        return False
    return any((each.protocol, each.port) == port for each in view.host.namespace(container.netns).sockets)


def _by_nearness(view: View) -> list[tuple[Container, PortBinding]]:
    """Return the published ports of the flow's protocol and IP version, sorted by their distance to the asked port."""
    wanted = (view.flow.protocol, view.stop.seen.packet.version)
    found = [
        (container, binding)
        for container in view.host.containers()
        for binding in container.bindings
        if (binding.protocol, binding.version) == wanted
    ]
    return sorted(found, key=lambda pair: port_distance(view.flow.dport, pair[1].host_port))


def _twin(view: View, container: Container, binding: PortBinding) -> tuple[tuple[Primitive, ...], Message]:
    """Return the parts of the change that publishes the asked port for the container of the published port, and the
    advice for a person.  An engine without a program that relays the port makes only rules, and no part has the
    advice."""
    twin = msgspec.structs.replace(binding, host_port=view.flow.dport, host_ip=None, actual=True)
    said = message(
        "if you meant port {port}, which {name} publishes: {question}; else recreate {name} with -p {option} as well",
        port=binding.host_port,
        question=ask_port(binding.host_port, binding.protocol),
        name=view.host.told_as(container),
        option=option_of(twin),
    )
    return published_too(view.host, container, twin, said), said


def _otherwise(host: Host, container: Container, binding: PortBinding) -> tuple[Message, ...]:
    return (
        message(
            "if you meant {port}/{protocol}, which {name} publishes: {question}",
            port=binding.host_port,
            protocol=binding.protocol,
            name=host.told_as(container),
            question=ask_port(binding.host_port, binding.protocol),
        ),
    )


def _firewalled(view: View) -> tuple[Message, ...]:
    if view.place is None:
        return ()
    return (message("the firewall then has to let the packets in, too: {rule} drops them now", rule=view.place.text),)


def _nobody(view: View, parts: tuple[Primitive, ...], advice: tuple[Message, ...]) -> Candidate:
    port, change = f"{view.flow.dport}/{view.flow.protocol}", Change(parts)
    known = known_port(view.flow.dport, view.flow.protocol)
    return Candidate(
        title=message(
            "Nothing on this swarm node takes port {port}; hairpin did not read whether a service of the swarm "
            "publishes it",
            port=port,
        )
        if _may_be_of_swarm(view)
        else message("No container publishes port {port}, and nothing listens on it", port=port)
        if known is None
        else message(
            "Nothing on the host listens on port {port} ({name}), and no container publishes it",
            port=port,
            name=known.name,
        ),
        detail=_published(view),
        change=change,
        refused=refusal_of(view, change),
        where=OfPort(port=port),
        in_class="port-not-published",
        advice=(*held_aside(view), *_of_swarm(view), *may_publish(view), *advice),
    )


def _may_be_of_swarm(view: View) -> bool:
    """Return whether a swarm service may publish the port.  A service may publish it if the host is a node of the
    routing mesh and no manager's reading lists the services."""
    return any(engine.services is None and any(one.ingress for one in engine.networks) for engine in view.host.engines)


def _of_swarm(view: View) -> tuple[Message, ...]:
    """Return the advice on how the user of a swarm node finds the service that publishes the port.

    The rules of a node name only the services that the node has set up.  A node without the rules of a service refuses
    packets to the service's published port.  Source: moby libnetwork/service_linux.go addLBBackend(), programIngress();
    agent.go"""
    if not _may_be_of_swarm(view):
        return ()
    return (
        message(
            "`docker service ls` on a manager lists the ports of services. If one publishes {port}, this node lacks "
            "its rule in DOCKER-INGRESS: `docker service update --force NAME` sets the mesh up again and restarts the "
            "tasks; `docker service ps NAME` tells whether they run",
            port=view.flow.dport,
        ),
        message(
            "the routing mesh needs IPVS in the kernel (`modprobe ip_vs`); a service published with mode=host answers "
            "only on nodes that run a task of it"
        ),
    )


def _elsewhere(view: View, container: Container) -> PortBinding | None:
    """Return the binding by which the container publishes the asked port under another number, or None."""
    wanted = (view.flow.protocol, view.flow.dport, view.stop.seen.packet.version)
    same = (each for each in container.bindings if (each.protocol, each.container_port, each.version) == wanted)
    return next(same, None)


def _unpublished(view: View, container: Container) -> Candidate:
    port, protocol, other = view.flow.dport, view.flow.protocol, _elsewhere(view, container)
    binding = PortBinding("udp" if protocol == "udp" else "tcp", port, port, None, view.flow.version)
    said = recreated_with(view.host, container, binding)
    change = Change(published_too(view.host, container, binding, said))
    facts: dict[str, object] = {
        "name": port_holder(view, container).name,
        "owner": view.host.told_as(container),
        "port": port,
        "published": _published(view),
    }
    if other is not None:
        facts["other"] = other.host_port
    return Candidate(
        title=message("Port {port} of {name} is not published", **facts)
        if other is None
        else message("Port {port} of {name} is published as port {other} of the host", **facts),
        detail=message(
            "Container {name} has this port. It shares the network of {owner}, which publishes no port that leads "
            "there. {published}",
            **facts,
        )
        if other is None and facts["name"] != container.name
        else message(
            "Container {name} has this port, but no port of the host leads to it: EXPOSE (or `expose:`) alone "
            "publishes nothing. {published}",
            **facts,
        )
        if other is None
        else message("{port} is the port inside the container. On the host, port {other} leads to {name}.", **facts),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, port=f"{port}/{protocol}"),
        in_class="port-not-published",
        evidence=(container.evidence,),
        advice=(said, *(_otherwise(view.host, container, other) if other is not None else ())),
    )


def _published(view: View) -> Message:
    """Return the message that lists the host's published ports.  A long list is cut to the ports nearest to the asked
    port."""
    host, asked = view.host, view.flow.dport
    if not host.engines:
        return message("No container engine was found on {host}.", host=host.name)
    found = {
        (binding.host_port, binding.protocol, container.pod or ", ".join(host.told_names(container)))
        for container in host.containers()
        for binding in container.bindings
    }
    if not found and _may_be_of_swarm(view):
        return message("No container of this node publishes a port of its own.")
    if not found:
        return message("No container publishes a port.")
    near = sorted(found, key=lambda each: port_distance(asked, each[0]))[:FEW]
    ports = ", ".join(f"{port}/{protocol} ({name})" for port, protocol, name in sorted(near))
    if len(found) <= FEW:
        return message("Published: {ports}.", ports=ports)
    return message("Published: {ports} and {count} more.", ports=ports, count=len(found) - FEW)


def _closed(view: View) -> Iterator[Candidate]:
    """Yield the candidate that publishes the port of a container that was asked at its own address.

    At a container's own address, outside clients reach published ports only.  Up to version 27, dockerd's rules accept
    packets to published ports, and FORWARD's policy (set by dockerd, ufw or a saved ruleset) drops packets to all other
    ports.  Since version 28, a rule in chain DOCKER drops packets to all other ports.  Source: moby v20.10.24
    libnetwork/iptables/iptables.go Forward()
    """
    flow, start, container = view.flow, view.flow.start, _asked_itself(view)
    if container is None or not isinstance(start, Outside | Lan) or _elsewhere(view, container) is not None:
        return
    protocol: Literal["tcp", "udp"] = "udp" if flow.protocol == "udp" else "tcp"
    binding = PortBinding(protocol, flow.dport, flow.dport, None, flow.version)
    port = f"{flow.dport}" + ("/udp" if protocol == "udp" else "")
    said = message("recreate {name} with -p PORT:{port}, where PORT is a free port of the host", name=container.name,
                   port=port)  # fmt: skip
    change = Change(published_too(view.host, container, binding, said))
    version = f"IPv{flow.version}"
    yield Candidate(
        title=message("Port {port} of {name} is not published", port=flow.dport, name=container.name)
        if all((each.protocol, each.container_port) != (protocol, flow.dport) for each in container.bindings)
        else message(
            "Port {port} of {name} is not published for {version}",
            port=flow.dport,
            name=container.name,
            version=version,
        ),
        detail=only_published(view, container, _published(view)),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, port=f"{flow.dport}/{protocol}"),
        in_class="port-not-published",
        evidence=(container.evidence,),
    )


def _asked_itself(view: View) -> Container | None:
    """Return the running Docker container whose own address the client asked.  Return None if the packet did not stop
    in FORWARD."""
    flow, packet, link = view.flow, view.stop.seen.packet, view.namespace.link(view.stop.seen.iif)
    asked = (flow.version, flow.daddr, flow.dport)
    if view.in_reply or flow.protocol not in ("tcp", "udp") or (packet.version, packet.daddr, packet.dport) != asked:
        return None
    if view.stop.stage != "forward" or (link is not None and link.tunnel is not None):
        return None  # a tunnel carries packets of other nodes' containers, which need no published port
    running = (each for engine in view.host.engines if engine.kind == "docker" for each in engine.containers)
    for each in running:
        addresses = {one.ipv4 if flow.version == 4 else one.ipv6 for one in each.endpoints}
        if each.running and flow.daddr in addresses:
            return each
    return None


def _protected(view: View) -> Iterator[Candidate]:
    """Yield a candidate that connects the asking container to the asked container's network, if they share no network.
    The last candidate's change proves that the engine's rule stops the packet, and this candidate leaves the repair to
    a person."""
    place = view.place
    assert place is not None
    pair = pair_of(view)
    shut = Candidate(
        title=message("Docker's own rules keep clients out of ports that are not published"),
        detail=message("{rule}", rule=place.text),
        change=deletion(view, place),
        where=OfWall(place),
        in_class="engine-protection",
        evidence=(place.evidence,),
        ways=(Way(Change(()), (message("recreate the container with its port published (-p)"),), by_person=True),),
        offered=False,
    )
    connecting = pair.change(view) if pair is not None else None
    if pair is not None and connecting is not None:
        effects = pair.side_effects(view)
        yield msgspec.structs.replace(
            shut, change=connecting, side_effects=effects, ways=(), offered=True, cuts=bool(effects)
        )
    yield shut


CAUSE = Cause(
    title=message("The port is not published"),
    source="docs.docker.com: EXPOSE does not publish",
    shown_by=("docker ps -a; docker port {container}", message("no line has port {port} of the host before the arrow")),
    on_purpose=True,
    reasons=frozenset({"no-listener", *RULE_STOPS}),
    fixed_with="container",
    shown_to="engine",
)
