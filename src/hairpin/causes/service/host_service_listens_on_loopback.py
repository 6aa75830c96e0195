"""A service of the host itself listens on loopback only.

Users see: ``curl 127.0.0.1`` works on the host, but containers and clients on other machines are refused.

Proof: every socket of the host on this port is bound to a loopback address.  A socket that is bound to all addresses
receives the packet.
Now: let the service listen on the address to which the packet goes, too.  If it listens on an address of an uplink, or
on all addresses, other machines reach it, unless a firewall keeps them out.
Lasting: change the service's own configuration.
"""

from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfSocket, View, message
from hairpin.causes.service._near import on_loopback
from hairpin.causes.service._service import in_container, listening, same_port
from hairpin.change.change import one
from hairpin.host.socket import Socket
from hairpin.network.attachment import engines_read
from hairpin.network.prefix import address_text
from hairpin.network.socket_owner import holds_for_engine
from hairpin.network.uplinks import uplinks_of
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when every socket of the port is bound to loopback, and the port belongs to no container, not
    even to one that was not read."""
    sockets = same_port(view)
    if not view.on_host or not sockets or in_container(view) is not None or at_host_port(view, every_version=True):
        return
    if not all(on_loopback(each) for each in sockets) or any(_of_a_container(view, each) for each in sockets):
        return
    port, advice = view.stop.seen.packet.dport, _advice(view)
    yield Candidate(
        title=message("The service on port {port} of the host listens on loopback only", port=port),
        detail=message(
            "{socket} takes connections from the host itself; nothing listens on {address}, to which the packet goes.",
            socket=socket_text(sockets[0]),
            address=_asked_address(view),
        ),
        change=one(listening(view, advice)),
        where=OfSocket(socket=sockets[0]),
        in_class="bound-to-loopback",
        evidence=(sockets[0].evidence,),
    )


def _of_a_container(view: View, socket: Socket) -> bool:
    """Return whether an engine holds the port for a container.  A socket of dockerd for which no listed container has a
    port is dockerd's own: its metrics, its API."""
    return holds_for_engine(socket) and not (socket.process == "dockerd" and engines_read(view.host))


def _asked_address(view: View) -> str:
    """Return the host's address to which the packet goes.  A user's network stack and a rule lead a client to another
    address than the one that it asks, which the host need not have."""
    packet = view.stop.seen.packet
    return address_text(packet.daddr, packet.version)


def _advice(view: View) -> Message:
    """Return the advice to bind to the packet's address, with who then reaches the service besides this client."""
    packet = view.stop.seen.packet
    facts = {"port": packet.dport, "address": _asked_address(view)}
    outward = {each.link for each in uplinks_of(view.network, view.host_netns, packet.version)}
    own = (each for each in view.host_namespace.addresses if each.version == packet.version)
    if any(each.value == packet.daddr and each.link in outward for each in own):
        return message(
            "let the service on port {port} bind to {address}, too. Other machines reach the service there as well, "
            "unless a firewall keeps them out",
            **facts,
        )
    return message(
        "let the service on port {port} bind to {address}, too. If it binds to all addresses instead, other machines "
        "reach it as well, unless a firewall keeps them out",
        **facts,
    )


CAUSE = Cause(
    title=message("A service of the host listens on loopback only"),
    source="net/ipv4/inet_hashtables.c compute_score(): rcv_saddr",
    shown_by=("sudo ss -lntup", message("the line of the port has the address 127.0.0.1")),
    reasons=frozenset({"no-listener"}),
    shown_to="everybody",
)
