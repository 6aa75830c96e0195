"""The service is bound to one address of the container, and the packet is for another address of the container.

Users see: connections to the port are refused on one network of the container and work on another network.

Proof: the socket is bound to another address of the container.  A socket that is bound to all addresses receives the
packet.
Now: let the service listen on 0.0.0.0 (or ::).
Lasting: change the image, its configuration or its variables.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfSocket, View, message
from hairpin.causes.service._service import bound_to_all, in_container, same_port, serving
from hairpin.change.change import one
from hairpin.network.prefix import is_loopback
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a socket of the port is bound to another address or link, and this address or link is
    not loopback."""
    container = in_container(view)
    packet = view.stop.seen.packet
    bound = [
        each
        for each in same_port(view)
        if (each.version == packet.version and each.address is not None and not is_loopback(each.address, each.version))
        or each.device not in (None, "lo", view.stop.link)
    ]
    if container is None or not bound:
        return
    container = serving(view, container, bound[0])
    yield Candidate(
        title=message("The service in {name} listens on another address of the container", name=container.name),
        detail=message("The service is bound to {socket}.", socket=socket_text(bound[0])),
        change=one(bound_to_all(view, container)),
        where=OfSocket(container=container.name, socket=bound[0]),
        in_class="bound-elsewhere",
        evidence=(bound[0].evidence,),
    )


CAUSE = Cause(
    title=message("The service is bound to another address of the container"),
    source="net/ipv4/inet_hashtables.c compute_score(): rcv_saddr",
    reasons=frozenset({"no-listener"}),
    shown_to="engine",
)
