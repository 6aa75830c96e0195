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
from hairpin.causes.engine._near_ports import (
    binding_elsewhere,
    by_nearness,
    forgotten_option,
    other_protocol,
    otherwise,
    published_ports,
    slip,
)
from hairpin.causes.engine._publishing import (
    held_aside,
    is_unserved,
    loopback_only,
    of_routed,
    only_published,
    port_holder,
    refusal_of,
)
from hairpin.causes.engine._services import may_be_of_swarm, ways_of_swarm
from hairpin.causes.isolation._walls import pair_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, View, Way, message
from hairpin.causes.names._resolving import asks_server_of_host
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import is_meant_policy, owner
from hairpin.causes.service._service import listening
from hairpin.causes.where import OfContainer, OfPort, OfWall
from hairpin.change.change import Change, Primitive
from hairpin.engines.repair.republishing import published_too, recreated_with
from hairpin.host.docker import Container, PortBinding
from hairpin.host.known_ports import KnownPort, known_port
from hairpin.network.flow import Lan, Outside
from hairpin.question.suggest import FEW, is_slip


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
            yield from of_meant_policy(view)
        elif place is not None and owner(view, place) == "engine":
            yield from of_engine_rule(view)
        return
    # A container whose namespace was not read may have the port, so hairpin reads all containers first.
    if any(each.running and each.left_unread for each in view.host.containers()) or has_file_of_engine(view):
        return
    mine = (each for each in view.host.containers() if each.running and _has_port(view, each))
    pairs = {each: binding_elsewhere(view, each) for each in map(view.host.network_owner, mine)}
    # A container that is published on loopback alone stands behind a program of the host, which should have the port.
    aside = [(each, binding) for each, binding in pairs.items() if binding is not None and loopback_only(binding)]
    own = [each for each in pairs if each not in dict(aside)]
    for container in sorted(own, key=lambda each: pairs[each] is None):
        yield _unpublished(view, container)
    if own:
        return
    known = known_port(view.flow.dport, view.flow.protocol)
    near = [pair for pair in by_nearness(view) if is_slip(view.flow.dport, pair[1].host_port)]
    meant = next((pair for pair in near if pair[0].running), None) if known is None else None
    forgotten = forgotten_option(view) if not any(pair[0].running for pair in near) else None
    accepted = deletion(view, place).parts if place is not None else ()
    yield _nobody(
        view,
        (listening(view, _service(view, known) if meant is None else slip(view, *meant)), *accepted),
        (
            *(each for pair in (*aside, *near[:FEW]) if pair != meant for each in otherwise(view.host, *pair)),
            *other_protocol(view),
            *(_else(view, known) if forgotten is None else ()),
            *_firewalled(view),
        ),
        forgotten,
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


def _else(view: View, known: KnownPort | None) -> tuple[Message, ...]:
    """Return the hint about a container whose ports are unknown."""
    running = any(each.running for each in view.host.containers())
    by_container = message(
        "if a container should have the port: recreate that container with -p {port}:PORT, where PORT is the port on "
        "which it listens",
        port=view.flow.dport,
    )
    return (by_container,) if running and known is None else ()


def _has_port(view: View, container: Container) -> bool:
    """Return whether the container exposes the port, or a process in the container listens on it."""
    port = (view.flow.protocol, view.flow.dport)
    if port in container.exposed:
        return True
    if container.netns is None or container.on_host_network or container.netns not in view.host:
        return False
    return any((each.protocol, each.port) == port for each in view.host.namespace(container.netns).sockets)


def _of_quadlets(view: View) -> tuple[Message, ...]:
    """Return the notes about Quadlets whose files have no port and no unit: the generator refuses a file with an
    unknown key, so a slip in the line of the port leaves neither."""
    return tuple(
        message(
            "systemd has no unit for the Quadlet {file}, and the file publishes no port as it is now: `{dry}` says "
            "what is wrong with it",
            file=each.file,
            dry=each.dry_run,
        )
        for each in view.host.quadlets
        if each.state == "not-found" and not each.ports
    )


def _firewalled(view: View) -> tuple[Message, ...]:
    if view.place is None:
        return ()
    return (message("the firewall then has to let the packets in, too: {rule} drops them now", rule=view.place.text),)


def _nobody(
    view: View, parts: tuple[Primitive, ...], advice: tuple[Message, ...], forgotten: Message | None = None
) -> Candidate:
    """Return the candidate of a port that nobody has.

    ``forgotten``: what a person may do before the candidate's change.  hairpin proves only the change: that a new
    container serves the port is no more than likely."""
    port, change = f"{view.flow.dport}/{view.flow.protocol}", Change(parts)
    known = known_port(view.flow.dport, view.flow.protocol)
    return Candidate(
        title=message(
            "Nothing on this swarm node takes port {port}; hairpin did not read whether a service of the swarm "
            "publishes it",
            port=port,
        )
        if may_be_of_swarm(view)
        else message("No container publishes port {port}, and nothing listens on it", port=port)
        if known is None
        else message(
            "Nothing on the host listens on port {port} ({name}), and no container publishes it",
            port=port,
            name=known.name,
        ),
        detail=published_ports(view),
        change=change,
        refused=refusal_of(view, change),
        where=OfPort(port=port),
        in_class="port-not-published",
        advice=(*held_aside(view), *ways_of_swarm(view), *may_publish(view), *_of_quadlets(view), *advice),
        ways=(Way(Change(()), (forgotten,)), Way(change)) if forgotten is not None else (),
        offered=forgotten is None,
    )


def _unpublished(view: View, container: Container) -> Candidate:
    port, protocol, other = view.flow.dport, view.flow.protocol, binding_elsewhere(view, container)
    binding = PortBinding("udp" if protocol == "udp" else "tcp", port, port, None, view.flow.version)
    said = recreated_with(view.host, container, binding)
    change = Change(published_too(view.host, container, binding, said))
    facts: dict[str, object] = {
        "name": port_holder(view, container).name,
        "owner": view.host.told_as(container),
        "port": port,
        "published": published_ports(view),
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
        advice=(said, *(otherwise(view.host, container, other) if other is not None else ())),
    )


CAUSE = Cause(
    title=message("The port is not published"),
    source="docs.docker.com: EXPOSE does not publish",
    shown_by=("docker ps -a; docker port {container}", message("no line has port {port} of the host before the arrow")),
    on_purpose=True,
    reasons=frozenset({"no-listener", *RULE_STOPS}),
    fixed_with="container",
    shown_to="engine",
)


def of_meant_policy(view: View) -> Iterator[Candidate]:
    """Yield the candidate that publishes the port of a container that was asked at its own address.

    At a container's own address, outside clients reach published ports only.  Up to version 27, dockerd's rules accept
    packets to published ports, and FORWARD's policy (set by dockerd, ufw or a saved ruleset) drops packets to all other
    ports.  Since version 28, a rule in chain DOCKER drops packets to all other ports.  Source: moby v20.10.24
    libnetwork/iptables/iptables.go Forward()
    """
    flow, start, container = view.flow, view.flow.start, _asked_itself(view)
    if container is None or not isinstance(start, Outside | Lan) or binding_elsewhere(view, container) is not None:
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
        detail=only_published(view, container, published_ports(view)),
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


def of_engine_rule(view: View) -> Iterator[Candidate]:
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
