"""The port is published for the other transport protocol only.

Users see: a UDP service published as TCP (the default), or the reverse.

Proof: the port is published for the other transport protocol only.
Now: recreate the container with ``-p PORT:PORT/udp`` (or ``/tcp``).
Lasting: both protocols under ``ports:`` in the Compose file.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.service._service import listening
from hairpin.change.change import AddSocket, Change
from hairpin.engines.republishing import published_too
from hairpin.host.docker import Container, PortBinding
from hairpin.message import message
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.network import netns_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the port is published for UDP and asked by TCP, or the reverse."""
    packet = view.stop.seen.packet
    if not view.on_host or packet.protocol not in (TCP, UDP) or at_host_port(view):
        return
    asked: Literal["tcp", "udp"] = "tcp" if packet.protocol == TCP else "udp"
    other = "udp" if asked == "tcp" else "tcp"
    wanted = (view.flow.dport, other, packet.version)
    for container in view.host.containers():
        for binding in container.bindings:
            if (binding.host_port, binding.protocol, binding.version) == wanted:
                yield _published(view, container, msgspec.structs.replace(binding, protocol=asked), other)
                return


def _published(view: View, container: Container, twin: PortBinding, other: str) -> Candidate:
    """Return the candidate that publishes the port for the asked protocol too, with a service behind it."""
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
            "{name} publishes it for {other}. A {asked} packet to it finds no socket on the host{inside}.",
            name=container.name,
            asked=asked,
            other=other,
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
        where=where(container=container.name, published=f"{port}/{other}", asked=f"{port}/{asked}"),
        in_class="other-protocol",
        evidence=(container.evidence,),
        side_effects=(message("connections to {name} are cut while it is recreated", name=container.name),),
    )


CAUSE = Cause(
    id="published-protocol-mismatch",
    title=message("The port is published for the other protocol"),
    source="docs.docker.com: -p publishes TCP unless /udp is named",
    reasons=frozenset({"no-listener", "rule", "policy", "reject"}),
    find=find,
)
