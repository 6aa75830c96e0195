"""A service of the host itself listens on loopback only.

Users see: ``curl 127.0.0.1`` works on the host, but containers and clients on other machines are refused.

Proof: every socket of the host on this port is bound to a loopback address.  A socket that is bound to all addresses
receives the packet.
Now: let the service listen on the address that the client asked, or on all addresses.
Lasting: change the service's own configuration.
"""

from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.kit import Candidate, Cause, Iterator, OfSocket, View, message
from hairpin.causes.service._near import on_loopback
from hairpin.causes.service._service import in_container, listening, same_port
from hairpin.change.change import one
from hairpin.network.socket_owner import holds_for_engine
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when every socket of the port is bound to loopback, and the port belongs to no container, not
    even to one that was not read."""
    sockets = same_port(view)
    if not view.on_host or not sockets or in_container(view) is not None or at_host_port(view, every_version=True):
        return
    if not all(on_loopback(each) for each in sockets) or any(map(holds_for_engine, sockets)):
        return
    port = view.stop.seen.packet.dport
    advice = message(
        "let the service on port {port} bind to the address that the client asked, too, or to all addresses", port=port
    )
    yield Candidate(
        title=message("The service on port {port} of the host listens on loopback only", port=port),
        detail=message(
            "{socket} takes connections from the host itself; nothing listens on the address that the client asked.",
            socket=socket_text(sockets[0]),
        ),
        change=one(listening(view, advice)),
        where=OfSocket(socket=sockets[0]),
        in_class="bound-to-loopback",
        evidence=(sockets[0].evidence,),
    )


CAUSE = Cause(
    title=message("A service of the host listens on loopback only"),
    source="net/ipv4/inet_hashtables.c compute_score(): rcv_saddr",
    shown_by=("sudo ss -lntup", message("the line of the port has the address 127.0.0.1")),
    reasons=frozenset({"no-listener"}),
    shown_to="everybody",
)
