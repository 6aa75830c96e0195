"""The first data of a TCP connection: the client's, and the server's if it takes another path."""

import msgspec

from hairpin.netfilter.packet import ACK, PSH, TCP
from hairpin.network.network import Network
from hairpin.walk.answer import answer_to
from hairpin.walk.link.neighbour_discovery import walk_asking
from hairpin.walk.reply import reaches
from hairpin.walk.state import End, Sender, State
from hairpin.walk.tunnelled import innermost, with_innermost


def client_data(started: State, back: End) -> State:
    """Return the client's first data packet, which it sends once the reply has ended at ``back``."""
    packet = msgspec.structs.replace(innermost(started), tcp_flags=ACK | PSH)
    return msgspec.structs.replace(with_innermost(started, packet), history=back.state.history.for_answer())


def server_data(arrived: State, before: End) -> State:
    """Return the server's first data packet.  ``arrived``: the request; ``before``: the end of the packet before it."""
    return State(
        "output-route",
        arrived.netns,
        answer_to(arrived.packet, ACK | PSH),
        sender=Sender(uid=0),
        history=before.state.history.for_answer(),
    )


def first_data(network: Network, started: State, back: End) -> End | None:
    """Return the end of the first data packet, which TCP sends once it has the reply; None without TCP."""
    if innermost(started).protocol != TCP:
        return None
    return next(iter(walk_asking(network, client_data(started, back))), None)


def answer_lost(network: Network, started: State, arrived: State, back: End, sent: End) -> End | None:
    """Return the end of the server's first data if a host forwards it that did not forward the request; None if it
    arrives.  That host sees only one direction: the SYN-ACK is invalid there, and later packets begin a connection of
    the server: net/netfilter/nf_conntrack_proto_tcp.c tcp_new(), nf_conntrack_tcp_loose
    """
    passed = {step.netns.host for step in arrived.history.steps}
    if sent.kind != "arrived" or passed.issuperset(step.netns.host for step in back.state.history.steps):
        return None
    end = next(iter(walk_asking(network, server_data(arrived, sent))), None)
    return None if end is None or end.kind == "unknown" or reaches(network, started, end) else end
