"""The container's service listens, but on another port than the one that is published.

Users see: after the image changed its port, clients are refused, or reset by docker-proxy.

Proof: the container listens, and not on the port to which the published one leads.
Now: recreate the container with ``-p`` to the port on which it listens, or change the service's port.
Lasting: ``ports:`` in the Compose file, or the service's configuration.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.service._service import in_container, listening, other_ports, same_port
from hairpin.change.change import one
from hairpin.message import message
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when exactly one other, unpublished port has a socket."""
    container = in_container(view)
    if container is None or same_port(view):
        return
    published = {binding.container_port for binding in container.bindings}
    others = [each for each in other_ports(view) if each.port not in published]
    if len({each.port for each in others}) != 1:
        return
    packet = view.stop.seen.packet
    yield Candidate(
        title=message(
            "The service in {name} listens on port {other}, not on {port}",
            name=container.name,
            other=others[0].port,
            port=packet.dport,
        ),
        detail=message("Its only listener is {socket}.", socket=socket_text(others[0])),
        change=one(
            listening(
                view,
                message("publish container port {port} instead of {asked}", port=others[0].port, asked=packet.dport),
            )
        ),
        where=where(container=container.name, socket=socket_text(others[0])),
        in_class="other-port",
        evidence=(others[0].evidence,),
    )


CAUSE = Cause(
    id="service-listens-on-other-port",
    title=message("The service listens on another port"),
    source="docs.docker.com: published ports name the container's port",
    reasons=frozenset({"no-listener"}),
    find=find,
)
