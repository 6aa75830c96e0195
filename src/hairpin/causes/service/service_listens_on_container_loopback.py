"""The service listens on the container's own loopback only.

Users see: connections of every client are refused or reset, while ``docker exec … curl localhost`` works.

Proof: every socket of the container on this port is bound to a loopback address.  A socket that is bound to all
addresses receives the packet.
Now: let the service listen on 0.0.0.0 (or ::).
Lasting: change the image, its configuration or its variables, because a change inside the container is lost when the
container is recreated.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfSocket, View, message
from hairpin.causes.service._near import on_loopback
from hairpin.causes.service._service import bound_to_all, in_container, same_port, serving
from hairpin.change.change import one
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    container = in_container(view)
    sockets = same_port(view)
    if container is None or not sockets:
        return
    if not all(on_loopback(each) for each in sockets):
        return
    container = serving(view, container, sockets[0])
    yield Candidate(
        title=message("The service in {name} listens on its own loopback only", name=container.name),
        detail=message(
            "{socket} takes connections from inside the container; connections to a published port arrive at the "
            "container's own address, where nothing listens.",
            socket=socket_text(sockets[0]),
        ),
        change=one(bound_to_all(view, container)),
        where=OfSocket(container=container.name, socket=sockets[0]),
        in_class="bound-to-loopback",
        evidence=(sockets[0].evidence,),
    )


CAUSE = Cause(
    title=message("The service listens on the container's loopback only"),
    source="net/ipv4/inet_hashtables.c compute_score(): rcv_saddr",
    shown_by=(
        "sudo nsenter -n -t \"$(docker inspect -f '{{.State.Pid}}' {container})\" ss -lntup",
        message("the line of the port has the address 127.0.0.1"),
    ),
    reasons=frozenset({"no-listener"}),
    shown_to="engine",
)
