"""The service listens in the other address family only.

Users see: connections over IPv4 are refused, because the service listens on an IPv6 socket with IPV6_V6ONLY.  Or
connections over IPv6 are refused, because the service listens on an IPv4 socket.

Proof: every socket on this port is of the other address family.  A socket of the packet's address family receives the
packet.
Now: let the service listen on both families.
Lasting: change the service's own configuration.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfSocket, View, message
from hairpin.causes.service._service import in_container, listening, same_port, serving
from hairpin.change.change import one
from hairpin.network.prefix import is_loopback
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    container = in_container(view)
    packet = view.stop.seen.packet
    sockets = [each for each in same_port(view) if each.address is None or not is_loopback(each.address, each.version)]
    if container is None or not sockets or any(each.version == packet.version for each in sockets):
        return
    container = serving(view, container, sockets[0])
    yield Candidate(
        title=message(
            "The service in {name} listens on IPv{other} only", name=container.name, other=sockets[0].version
        ),
        detail=message("The service's only listener is {socket}.", socket=socket_text(sockets[0])),
        change=one(
            listening(
                view,
                message(
                    "let the service in {container} listen on IPv{version} too",
                    container=container.name,
                    version=packet.version,
                ),
            )
        ),
        where=OfSocket(container=container.name, socket=sockets[0]),
        in_class="bound-elsewhere",
        evidence=(sockets[0].evidence,),
    )


CAUSE = Cause(
    title=message("The service listens in the other address family only"),
    source="ipv6(7): IPV6_V6ONLY",
    shown_by=(
        "sudo nsenter -n -t \"$(docker inspect -f '{{.State.Pid}}' {container})\" ss -lntup",
        message("the service listens for IPv4 only, or for IPv6 only"),
    ),
    reasons=frozenset({"no-listener"}),
)
