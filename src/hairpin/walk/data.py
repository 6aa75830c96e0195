"""The first data packets of a TCP connection: the client's; and the server's, if a host has forgotten the connection or
forwards only the server's packets."""

import msgspec

from hairpin.netfilter.packet import ACK, PSH, TCP
from hairpin.network.network import Network
from hairpin.walk.answer import answer_to, mark_of_answer, sender_of_answer
from hairpin.walk.hooks.conntrack_timeout import has_no_time
from hairpin.walk.link.neighbour_discovery import walk_asking
from hairpin.walk.reply import reaches
from hairpin.walk.state import End, State
from hairpin.walk.tunnelled import innermost, with_innermost


def client_data(started: State, back: End) -> State:
    """Return the client's first data packet, which the client sends after the reply; ``back`` is the reply's end."""
    packet = msgspec.structs.replace(innermost(started), tcp_flags=ACK | PSH)
    return msgspec.structs.replace(with_innermost(started, packet), history=back.state.history.for_answer())


def server_data(network: Network, arrived: State, before: End) -> State:
    """Return the server's first data packet.  ``arrived`` is the request; ``before`` is the end of the previous
    packet."""
    mark = mark_of_answer(network.namespace(arrived.netns), arrived)
    return State(
        "output-route",
        arrived.netns,
        msgspec.structs.replace(answer_to(arrived.packet, ACK | PSH), mark=mark),
        sender=sender_of_answer(arrived),
        history=before.state.history.for_answer(),
    )


def outside_data(beyond: State, before: End) -> State:
    """Return the first data packet of a server outside.  ``beyond`` is the server's reply as it came from outside: the
    data packet enters like this reply.  ``before`` is the end of the previous packet."""
    packet = msgspec.structs.replace(beyond.packet, tcp_flags=ACK | PSH)
    return msgspec.structs.replace(beyond, packet=packet, history=before.state.history.for_answer())


def first_data(network: Network, started: State, back: End) -> End | None:
    """Return the end of the client's first data packet, which TCP sends after the reply; None if the protocol is not
    TCP."""
    if innermost(started).protocol != TCP:
        return None
    return next(iter(walk_asking(network, client_data(started, back))), None)


def answer_lost(
    network: Network, started: State, arrived: State, back: End, sent: End, beyond: State | None = None
) -> End | None:
    """Return the end of the server's first data packet if this packet is lost; else None.  The packet is walked only if
    a host has forgotten the connection, or if the reply passes a host that the request did not pass.  ``beyond``: the
    reply as it came from a server outside.

    A host that the request did not pass sees only one direction of the connection.  The conntrack of such a host finds
    the SYN-ACK invalid, and the server's later packets begin a connection there: net/netfilter/nf_conntrack_proto_tcp.c
    tcp_new(), nf_conntrack_tcp_loose"""
    if sent.kind != ("arrived" if beyond is None else "left"):
        return None
    passed = {step.netns.host for step in arrived.history.steps}
    seen = beyond is not None or passed.issuperset(step.netns.host for step in back.state.history.steps)
    if seen and not _is_forgotten(network, sent.state):
        return None
    answering = server_data(network, arrived, sent) if beyond is None else outside_data(beyond, sent)
    end = next(iter(walk_asking(network, answering)), None)
    return None if end is None or end.kind == "unknown" or reaches(network, started, end) else end


def _is_forgotten(network: Network, sent: State) -> bool:
    """Return whether a namespace has forgotten the connection before the server's packet comes, because a timeout of
    its conntrack entry is 0."""
    connections = (each for each in sent.history.connections if each[0] in network)
    return any(has_no_time(network.namespace(netns), connection) for netns, connection in connections)
