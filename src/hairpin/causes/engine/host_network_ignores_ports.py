"""The container uses the host's network, so Docker ignores its published ports and its service listens on its own port.

Users see: "Published ports are discarded when using host network mode".  Connections to the published port are refused,
while another port answers.

Proof: the container is on the host's network, and no socket listens on the port that the client asked.
Now: connect to the port on which the service listens.
Lasting: remove ``ports:`` or the host's network from the Compose file.
"""

import msgspec

from hairpin.causes.container._quadlet import made_by, quadlet_publishers
from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfContainer, View, message
from hairpin.causes.service._near import socket_list
from hairpin.causes.service._service import listening
from hairpin.change.calls import ByPerson
from hairpin.change.change import Change, one
from hairpin.engines.repair.starting import on_default_bridge
from hairpin.host.docker import Container, PortBinding
from hairpin.host.socket import Socket
from hairpin.question.held import held_by
from hairpin.wanted import ask_port


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container on the host's network that should publish the asked port."""
    for container, binding in (*at_host_port(view), *_of_quadlets(view)):
        if binding.actual or not container.on_host_network or binding.host_port == binding.container_port:
            continue
        held = _held(view, container, binding)
        advice = (
            message(
                "ask for port {port}, on which {container} itself listens ({question}), or run {container} without "
                "--network host",
                port=held[0].port,
                question=ask_port(held[0].port, held[0].protocol),
                container=container.name,
            )
            if held
            else message(
                "ask for the port on which {container} listens, or run {container} without --network host",
                container=container.name,
            )
        )
        change = _published(view, container, binding, advice)
        yield Candidate(
            title=message("Container {name} uses the host's network, where -p does nothing", name=container.name),
            detail=message(
                "{engine} ignores the option that publishes {inner} as {port}: the container's service listens on the "
                "host at its own port. {held}",
                engine=view.host.engine_of(container).title,
                inner=binding.container_port,
                port=binding.host_port,
                held=message("The container listens on {sockets}.", sockets=socket_list(held))
                if held
                else message("No socket of the host is known to belong to the container."),
            ),
            change=change,
            refused=refusal_of(view, change),
            where=OfContainer(container=container.name, network="host", port=binding.host_port),
            in_class="container-without-ports",
            evidence=(container.evidence,),
        )


def _of_quadlets(view: View) -> Iterator[tuple[Container, PortBinding]]:
    """Yield the running containers of Quadlets whose files publish the asked port.  Podman does not list such ports."""
    for each in quadlet_publishers(view):
        container = made_by(view.host, each)
        if container is not None and container.on_host_network:
            protocol, version = view.flow.protocol, view.stop.seen.packet.version
            asked = (one for one in each.ports if (one.protocol, one.host_port) == (protocol, view.flow.dport))
            yield from ((container, msgspec.structs.replace(one, version=version)) for one in asked)


def _held(view: View, container: Container, binding: PortBinding) -> tuple[Socket, ...]:
    """Return the container's listening sockets.  The socket of its published port comes first.  If no socket is known
    to be the container's, return the host's socket on that port."""
    wanted = (binding.protocol, binding.container_port)
    own = held_by(view.network, view.host, container)
    if own:
        return tuple(sorted(own, key=lambda each: (each.protocol, each.port) != wanted))
    same = (each for each in view.host_namespace.sockets if (each.protocol, each.port) == wanted)
    return tuple(each for each in same if each.container is None and each.relay is None)[:1]


def _published(view: View, container: Container, binding: PortBinding, advice: Message) -> Change:
    """Return the change that adds a socket on the asked port of the host.  If INPUT drops the packet, return the change
    that moves the container to the engine's default network.  A packet to a container on this network does not pass
    INPUT."""
    moved = on_default_bridge(view.host, container, binding, ByPerson(advice)) if view.place is not None else None
    return moved if moved is not None else one(listening(view, advice))


CAUSE = Cause(
    title=message("Published ports are ignored on the host's network"),
    source="docs.docker.com: Host network driver",
    shown_by=("sudo ss -lntup", message("no listening socket has port {port}, and one has the service's own port")),
    reasons=frozenset({"no-listener", *RULE_STOPS}),
    shown_to="engine",
)
