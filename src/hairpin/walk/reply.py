"""The reply to a packet that arrived: whether the kernel sends a reply, where it starts, and whether it reaches the
sender.  Then TCP's first data packets: the client's; and the server's, if a host has forgotten the connection or
forwards only the server's packets."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.message import message
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, PSH, RST, TCP
from hairpin.network.address_type import is_source4
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.routing import lookup
from hairpin.walk.answer import answer_to, mark_of_answer, sender_of_answer
from hairpin.walk.decided import LinkDecided
from hairpin.walk.hooks.conntrack_timeout import has_no_time
from hairpin.walk.ip.route_in import decided_by_route, input_query
from hairpin.walk.link.neighbour_discovery import walk_asking
from hairpin.walk.state import End, Sender, State, stopped
from hairpin.walk.tunnelled import innermost, is_tunnel, with_innermost


def not_for_one(namespace: Namespace, state: State) -> End | None:
    """Return the end of a TCP packet to an anycast, broadcast or multicast address, which the kernel drops without an
    answer; None for any other packet.

    Source: net/ipv6/tcp_ipv6.c tcp_v6_conn_request(), tcp_v6_send_reset(); net/ipv4/tcp_ipv4.c, the same
    """
    found = lookup(namespace, input_query(namespace, state))
    if state.packet.protocol != TCP or found.type not in ("anycast", "broadcast", "multicast"):
        return None
    return stopped(state, "martian-destination", stage="socket", link=state.iif, decided_by=decided_by_route(found))


def walk_answer(network: Network, state: State, *, flags: int, chosen: bool = False) -> tuple[End, ...]:
    """Return the ends of the reply to the packet that arrived in this state.

    If ``chosen`` is true, the kernel chooses the reply's source address by the route.
    """
    # A kernel socket sends resets and echo replies: net/ipv4/tcp_ipv4.c tcp_v4_send_reset(), net/ipv4/icmp.c
    # icmp_reply(), the same in net/ipv6
    by_kernel = bool(flags & RST) or state.packet.protocol in (ICMP, ICMP6)
    sender = Sender(uid=0, by_kernel=True) if by_kernel else sender_of_answer(state)
    mark = mark_of_answer(network.namespace(state.netns), state, by_kernel=by_kernel)
    back = msgspec.structs.replace(answer_to(state.packet, flags), mark=mark)
    anycast = _is_echo_to_many6(network.namespace(state.netns), state)
    if chosen or anycast:
        back = msgspec.structs.replace(back, saddr=0)
    start = State(
        "output-route",
        state.netns,
        back,
        # An echo reply leaves by the request's link: net/ipv6/icmp.c icmpv6_echo_reply()
        oif=state.iif if back.protocol == ICMP6 and state.iif != "lo" else "",
        sender=sender,
        history=state.history.for_answer(),
    )
    if back.version == 4 and back.saddr and not is_source4(network.namespace(state.netns), back.saddr):
        decided = LinkDecided(
            state.iif,
            message(
                "{address} is not an address of this host, so the kernel sends nothing from it",
                address=address_text(back.saddr, 4),
            ),
        )
        return (stopped(start, "no-source-address", link=state.iif, decided_by=decided),)
    return walk_asking(network, start)


def reaches(network: Network, started: State, end: End) -> bool:
    """Return whether the reply reaches the sender and has the addresses and ports that the sender expects."""
    if end.kind not in ("arrived", "left"):
        return False
    if end.kind == "left" and _is_beside_tunnel(network, started, end.state):
        return False
    asked = started.history.steps[0].packet if started.history.steps else started.packet
    got = innermost(end.state)
    if started.stage == "output-route":
        # The sender is in this namespace, and the kernel may have chosen its source address by the route.
        if end.kind != "arrived" or end.state.netns != started.netns:
            return False
        same_source = asked.saddr in (0, got.daddr)
    else:
        same_source = end.kind == "left" and got.daddr == asked.saddr
        if not started.netns.is_host:  # the client is behind a container, which forwards the answer to the client
            same_source = same_source and end.state.netns == started.netns
        # Behind a 1:1 NAT gateway the answer still has the host's private address, so it is compared with the packet
        # that entered.
        asked = innermost(started)
    return same_source and (got.saddr, got.sport, got.dport) == (asked.daddr, asked.dport, asked.sport)


def _is_beside_tunnel(network: Network, started: State, left: State) -> bool:
    """Return whether the request and the answer do not go through the same tunnel.  A tunnel's far end then forwards
    the answer into a network that does not have the client."""
    if (started.carried is None) != (left.carried is None):
        return True
    namespace = network.namespace(left.netns)
    link = namespace.link(left.oif)
    came_by_it = (started.netns, started.iif) == (left.netns, left.oif)
    return link is not None and is_tunnel(link) and not came_by_it


def wrong_answer(network: Network, started: State, end: End) -> End:
    """Return the end of a reply that arrived or left but does not match the request."""
    link = end.state.iif or end.state.oif
    said = message("request and answer use different tunnels")
    beside = end.kind == "left" and _is_beside_tunnel(network, started, end.state)
    decided = LinkDecided(link, said) if beside else None
    return stopped(end.state, "wrong-answer", stage="socket", link=link, decided_by=decided)


def _is_echo_to_many6(namespace: Namespace, state: State) -> bool:
    """Return whether the packet is an ICMPv6 echo request to an anycast address, and anycast_src_echo_reply is off.

    The kernel then chooses the reply's source address.
    Source: net/ipv6/icmp.c icmpv6_echo_reply(), anycast_src_echo_reply
    """
    if state.packet.protocol != ICMP6 or namespace.sysctl("net", "ipv6", "anycast_src_echo_reply"):
        return False
    return lookup(namespace, input_query(namespace, state)).type == "anycast"


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
