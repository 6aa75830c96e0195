"""The port is published for one transport protocol, and its service uses the other transport protocol.

Users see: a UDP service does not answer because its port was published for TCP (the default), or a TCP service because
its port was published for UDP.

Proof: the port is published for the other transport protocol only.  Or only a socket of the other protocol listens on
the container's port to which the published port leads.
Now: recreate the container with ``-p PORT:PORT/udp`` (or ``/tcp``).
Lasting: write both protocols under ``ports:`` in the Compose file.
"""

from typing import Literal

import msgspec

from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfContainer, OfSocket, View, message
from hairpin.causes.service._service import in_container, listening, other_protocol, published_to, same_port, serving
from hairpin.change.change import AddSocket, Change, one
from hairpin.engines.repair.republishing import option_of, published_too, recreated_behind, recreated_name
from hairpin.host.docker import Container, PortBinding
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.network import netns_of
from hairpin.walk.sockets import socket_text
from hairpin.wanted import ask_port


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the port is published for UDP and the client uses TCP, or the reverse.  Yield one
    candidate also when the packet reached the container and a socket there holds the port for the other protocol
    only."""
    packet = view.stop.seen.packet
    if not view.on_host and view.stop.reason == "no-listener":
        yield from _served_otherwise(view)
    if not view.on_host or packet.protocol not in (TCP, UDP) or at_host_port(view):
        return
    asked: Literal["tcp", "udp"] = "tcp" if packet.protocol == TCP else "udp"
    other: Literal["tcp", "udp"] = "udp" if asked == "tcp" else "tcp"
    wanted = (view.flow.dport, other, packet.version)
    for container in view.host.containers():
        # A packet to the container's own address needs the accepting rule that the engine makes for a published port.
        itself = any(view.flow.daddr in (each.ipv4, each.ipv6) for each in container.endpoints)
        by_port = {
            (each.container_port if itself else each.host_port, each.protocol, each.version): each
            for each in container.bindings
        }
        binding = by_port.get(wanted)
        if binding is not None and (view.flow.dport, asked, packet.version) not in by_port:
            yield _published(view, container, msgspec.structs.replace(binding, protocol=asked), other)
            return


def _served_otherwise(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a published port if the container listens on that port only for the other protocol."""
    container = in_container(view)
    binding = published_to(view, container) if container is not None else None
    sockets = other_protocol(view)
    if container is None or binding is None or not sockets or same_port(view):
        return
    owner, served = view.host.network_owner(container), sockets[0].protocol
    if any((each.protocol, each.container_port) == (served, binding.container_port) for each in owner.bindings):
        return  # the port is published for both protocols, and the container serves only one of them
    right, wrong = option_of(binding, protocol=served), option_of(binding)
    yield Candidate(
        title=message(
            "Port {port} is published for {asked}, but {name} listens there for {served}",
            port=binding.host_port,
            asked=binding.protocol,
            name=serving(view, container, sockets[0]).name,
            served=served,
        ),
        detail=message(
            "-p {wrong} leads {asked} packets to port {inner} of {name}. {name} listens there for {served} only: "
            "{socket}.",
            wrong=wrong,
            asked=binding.protocol,
            inner=binding.container_port,
            name=serving(view, container, sockets[0]).name,
            served=served,
            socket=socket_text(sockets[0]),
        ),
        change=one(
            listening(
                view,
                message(
                    "recreate {container} with -p {right} instead of -p {wrong}, and ask for {question}",
                    container=recreated_name(view.host, owner),
                    right=right,
                    wrong=wrong,
                    question=ask_port(binding.host_port, served),
                ),
            )
        ),
        where=OfSocket(sockets[0], container.name, wrong),
        in_class="other-protocol",
        evidence=(sockets[0].evidence, container.evidence),
        advice=recreated_behind(view.host, owner),
    )


def _published(view: View, container: Container, twin: PortBinding, other: str) -> Candidate:
    """Return the candidate that publishes the port also for the asked protocol, and adds a service in the container if
    there is none."""
    port, asked = view.flow.dport, twin.protocol
    netns = netns_of(view.host, container)
    served = (
        netns is not None
        and netns in view.network
        and any(
            (each.protocol, each.port) == (asked, twin.container_port) for each in view.network.namespace(netns).sockets
        )
    )
    advice = message(
        "serve {protocol} on port {port} in {container}",
        protocol=asked,
        port=twin.container_port,
        container=container.name,
    )
    at_port = listening(view, advice)
    inside = msgspec.structs.replace(at_port.socket, port=twin.container_port)
    service = AddSocket(netns or view.host_netns, inside, at_port.advice)
    change = Change((*published_too(view.host, container, twin), *(() if served else (service,))))
    return Candidate(
        title=message("Port {port} is published for {other} only", port=port, other=other),
        detail=message(
            "{name} publishes the port for {other}. A {asked} packet to the port {ends}{inside}.",
            name=container.name,
            asked=asked,
            other=other,
            ends=message("finds no socket on the host")
            if view.stop.reason == "no-listener"
            else message("is accepted by no rule of the engine"),
            inside=""
            if served
            else message(
                ", and nothing serves {asked} port {port} in {name} either",
                asked=asked,
                port=twin.container_port,
                name=container.name,
            ),
        ),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, published=f"{port}/{other}", asked=f"{port}/{asked}"),
        in_class="other-protocol",
        evidence=(container.evidence,),
        side_effects=(message("connections to {name} are cut while it is recreated", name=container.name),),
        advice=(message("if {other} was meant: {question}", other=other, question=ask_port(port, other)),),
    )


CAUSE = Cause(
    title=message("The port is published for one protocol and served for the other"),
    source="docs.docker.com: -p publishes TCP unless /udp is named",
    reasons=frozenset({"no-listener", *RULE_STOPS}),
    fixed_with="container",
    shown_to="everybody",
)
