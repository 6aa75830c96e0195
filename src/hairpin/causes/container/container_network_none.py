"""The container is on no network, so Docker ignores the ports that it should publish.

The container was made with ``--network none``, or a person disconnected it, or Docker has switched its network off
because dockerd ran with ``bridge=none`` when it started the container.

Users see: ``docker ps`` shows no published port, and connections to the port are refused.

Proof: the container has no network, so no rule and no docker-proxy leads to the container.
Now: connect the container to its network again, or recreate the container without ``--network none``.  If Docker has
switched the container's network off, the container must be recreated, because neither a connection nor a start helps.
Lasting: name a network in the Compose file, or in the command that creates the container.
"""

from typing import Literal

from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfContainer, View, Way, message
from hairpin.change.change import Change
from hairpin.engines.repair.bridging import awaiting
from hairpin.engines.repair.connecting import reconnecting_change, stacked_again
from hairpin.engines.repair.starting import PUBLISHES_NOTHING, on_default_bridge
from hairpin.host.docker import STACKED, Container, DockerNetwork, PortBinding
from hairpin.network.attachment import attachment_of
from hairpin.network.flow import FromContainer


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container without a network that should publish the asked port, or that sends the
    packet."""
    if view.stop.reason == "no-route":
        yield from _sending(view)
        return
    meant = view.host.container(view.meant) if view.meant and view.on_host else None
    asked = ((meant, _asked_binding(view)),) if meant is not None and not meant.bindings else ()
    for container, binding in (*at_host_port(view), *asked):
        # Podman still lists the ports of a disconnected container as published, and conmon still holds their sockets.
        lost = not binding.actual or container.is_disconnected
        lost = lost or container.network_disabled
        if (lost and binding in container.bindings) or container.network_mode == "none":
            yield from _of(view, container, binding)


def _sending(view: View) -> Iterator[Candidate]:
    """Yield the candidate for the container that sends the packet, if the packet found no route in that container."""
    start = view.flow.start
    sender = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if sender is not None and not view.on_host:
        yield from _of(view, sender, next(iter(sender.bindings), PUBLISHES_NOTHING))


def _of(view: View, container: Container, binding: PortBinding) -> Iterator[Candidate]:
    """Yield the candidate for a running container without a network.  A container that shares the namespace of another
    container gets no candidate.

    A container with ``--network none`` has one endpoint, on a network that Docker calls ``none``."""
    if not container.running:
        return
    if container.network_mode == "none":
        yield from _made_so(view, container, binding)
    elif container.network_disabled and not view.host.engine_of(container).leaves_unconnected(container):
        yield from _switched_off(view, container, binding)
    elif container.is_disconnected:
        yield from _disconnected(view, container, binding)


def _switched_off(view: View, container: Container, binding: PortBinding) -> Iterator[Candidate]:
    """Yield the candidate for a container whose network Docker has switched off.  A person has to recreate the
    container.

    Source: moby daemon/container_operations.go connectToNetwork(); measured with 20.10.24: ``docker network connect``
    and ``docker restart`` succeed, and give it no interface"""
    engine = view.host.engine_of(container)
    joined = engine.bridge_network(container) or engine.network(engine.traits.default_network)
    change = reconnecting_change(view.host, container, binding, joined.name) if joined is not None else None
    if change is None:
        return
    yield Candidate(
        title=message("Docker has switched the network of container {name} off", name=container.name),
        detail=message(
            "Docker does this if a container is started while dockerd runs with bridge=none. The setting stays "
            "(`NetworkDisabled`): no later start and no `docker network connect` gives the container an interface, "
            "whatever `docker ps` shows."
        ),
        change=Change(change.parts),
        where=OfContainer(container=container.name, port=binding.host_port or None),
        in_class="container-without-ports",
        evidence=(container.evidence,),
        ways=(
            Way(
                Change(()),
                (message("recreate {name} with the options that it had", name=container.name),),
                by_person=True,
            ),
        ),
        offered=False,
    )


def _made_so(view: View, container: Container, binding: PortBinding) -> Iterator[Candidate]:
    joined = _network_of_other(view, container)
    connecting = reconnecting_change(view.host, container, binding, joined.name) if joined is not None else None
    change = connecting or on_default_bridge(view.host, container, binding) or _awaiting(view, container)
    if change is None:
        return
    opened = message("the container can then reach the outside, too")
    yield Candidate(
        title=message("Container {name} has no network", name=container.name),
        detail=_why(view, container, binding),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, network="none", port=binding.host_port or None),
        in_class="container-without-ports",
        evidence=(container.evidence,),
        side_effects=(opened,) if change is connecting else (),
        advice=(message("recreate the container without --network none"),),
    )


def _network_of_other(view: View, container: Container) -> DockerNetwork | None:
    """Return the network of the flow's other container; None if neither of the two containers sends to the other."""
    attached = attachment_of(view.network, view.host, view.flow.daddr, view.flow.version)
    engine = view.host.engine_of(container)
    if attached is not None and attached.container is not container and attached.container in engine.containers:
        return attached.network
    start = view.flow.start
    asking = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if view.meant != container.name or asking is None or asking not in engine.containers or asking is container:
        return None
    return engine.bridge_network(asking)


def _disconnected(view: View, container: Container, binding: PortBinding) -> Iterator[Candidate]:
    """Yield the candidate that connects the container to the network for which it was created (its network mode)."""
    engine = view.host.engine_of(container)
    own = engine.network(container.network_mode)
    joined = own.name if own is not None and own.driver in ("bridge", *STACKED) else engine.traits.default_network
    change = (
        stacked_again(view.host, container, own)
        if own is not None and own.driver in STACKED
        else reconnecting_change(view.host, container, binding, joined) or _awaiting(view, container)
    )
    if change is None:
        return
    elsewhere = message(
        "if the container was on a network of its own, connect it to that network again: {tool} network connect "
        "NETWORK {name}",
        tool=engine.kind,
        name=container.name,
    )
    yield Candidate(
        title=message("Container {name} is connected to no network", name=container.name),
        detail=_what_is_lost(binding),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, port=binding.host_port or None),
        in_class="container-without-ports",
        evidence=(container.evidence,),
        advice=(elsewhere,) if joined == engine.traits.default_network else (),
    )


def _what_is_lost(binding: PortBinding) -> Message:
    if not binding.host_port:
        return message(
            "The container runs, but somebody has disconnected it from its last network, so no packet leaves the "
            "container."
        )
    return message(
        "The container runs, but somebody has disconnected it from its last network, so port {port} leads nowhere.",
        port=binding.host_port,
    )


def _awaiting(view: View, container: Container) -> Change | None:
    engine = view.host.engine_of(container)
    return awaiting(view.host, engine.network(engine.traits.default_network))


def _why(view: View, container: Container, binding: PortBinding) -> Message:
    if binding not in container.bindings:
        return message(
            "The container was made with --network none: no packet from outside its own namespace reaches it."
        )
    return message(
        "The container was made with --network none, so {engine} ignores its option to publish port {port}.",
        engine=view.host.engine_of(container).title,
        port=binding.host_port,
    )


def _asked_binding(view: View) -> PortBinding:
    """Return the binding that would publish the asked port under the same number."""
    protocol: Literal["tcp", "udp"] = "udp" if view.flow.protocol == "udp" else "tcp"
    return PortBinding(protocol, view.flow.dport, view.flow.dport, actual=False)


CAUSE = Cause(
    title=message("The container has no network"),
    source="docs.docker.com: None network driver",
    on_purpose=True,
    reasons=frozenset({"no-listener", "never-accepts", "no-route", "no-neighbour"}),
    fixed_with="container",
    shown_to="engine",
)
