"""A service of the host itself is bound to another address or link of the host, or to the other address family.

Users see: connections to one name or address of the host are refused, while another name or address answers, or ``curl
-4`` and ``curl -6`` differ.

Proof: the host's sockets on this port are bound to other addresses, not only to loopback.  A socket that is bound to
all addresses receives the packet.
Now: connect to the address on which the service listens, or let the service listen on the address that the client
asked, or on all addresses.
Lasting: change the service's own configuration.
"""

from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfSocket, View, message
from hairpin.causes.service._near import on_loopback, socket_list
from hairpin.causes.service._service import in_container, listening, same_port
from hairpin.change.change import one
from hairpin.host.socket import Socket
from hairpin.network.prefix import Version, address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when sockets of the host have the port, and at least one of them is not bound to loopback."""
    sockets = [each for each in same_port(view) if each.engine_relay is None and each.process != "dockerd"]
    open_ones = [each for each in sockets if not on_loopback(each)]
    if not view.on_host or not open_ones or in_container(view) is not None or at_host_port(view, every_version=True):
        return
    packet, first = view.stop.seen.packet, open_ones[0]
    yield Candidate(
        title=_title(first, packet.version),
        detail=message("These sockets listen on the port: {sockets}.", sockets=socket_list(tuple(sockets))),
        change=one(listening(view, _advice(first, address_text(packet.daddr, packet.version), view.stop.seen.iif))),
        where=OfSocket(socket=first),
        in_class="bound-elsewhere",
        evidence=(first.evidence,),
    )


def _advice(socket: Socket, address: str, iif: str) -> Message:
    if socket.address is None and socket.device is not None:
        return message(
            "let the service bind to no device (SO_BINDTODEVICE), or to {iif}; a firewall can keep others out", iif=iif
        )
    return message(
        "ask for the address on which the service listens, or let the service listen on {address} too, or on all "
        "addresses",
        address=address,
    )


def _title(socket: Socket, version: Version) -> Message:
    port = socket.port
    if socket.address is None and socket.version != version:
        return message("The service on port {port} of the host listens for IPv{other} only", port=port,
                       other=socket.version)  # fmt: skip
    if socket.address is None and socket.device is not None:
        return message(
            "The service on port {port} of the host is bound to {link}: it gets no packet that comes in by another "
            "link",
            port=port,
            link=socket.device,
        )
    return message(
        "The service on port {port} of the host listens on {address}, not on the address that the client asked",
        port=port,
        address=address_text(socket.address or 0, socket.version),
    )


CAUSE = Cause(
    title=message("A service of the host listens on another address, link or IP version"),
    source="net/ipv4/inet_hashtables.c compute_score(): rcv_saddr; ipv6(7): IPV6_V6ONLY; socket(7): SO_BINDTODEVICE",
    reasons=frozenset({"no-listener"}),
    shown_to="everybody",
)
