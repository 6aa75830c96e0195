"""Connection tracking: which connection a packet belongs to.

Source: net/netfilter/nf_conntrack_core.c nf_conntrack_in(), resolve_normal_ct(); nf_conntrack_proto_{tcp,icmp,icmpv6}.c
"""

from typing import Literal

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter.ir import (
    CT_ESTABLISHED,
    CT_INVALID,
    CT_NEW,
    CT_RELATED,
    CT_UNTRACKED,
    STATUS_CONFIRMED,
    STATUS_DYING,
    STATUS_SEEN_REPLY,
)
from hairpin.netfilter.packet import ACK, FIN, ICMP, ICMP6, RST, SYN, TCP, TCP_CLOSED, Connection, Packet, Tuple
from hairpin.walk.state import State


def tuple_of(packet: Packet) -> Tuple:
    """Return the packet's tuple; a packet without ports has zeroes."""
    return Tuple(packet.saddr, packet.daddr, packet.protocol, packet.sport or 0, packet.dport or 0)


def track(state: State, namespace: Namespace) -> State:
    """Return the state with its connection looked up or made, and its ctstate."""
    if state.connection is not None or state.ct_state == CT_UNTRACKED:
        return state  # seen before: over the loopback link, or by br_netfilter; NOTRACK comes too late then
    if state.notrack:
        return msgspec.structs.replace(state, ct_state=CT_UNTRACKED, connection=None)
    if _impossible(state.packet):
        return msgspec.structs.replace(state, ct_state=CT_INVALID, connection=None)
    wanted = tuple_of(state.packet)
    made = tuple(connection for netns, connection in state.connections if netns == state.netns)
    for connection in (*made, *namespace.connections):
        if connection.version != state.packet.version:
            continue
        if connection.status & STATUS_DYING:
            continue
        if connection.original == wanted:
            if _reopens(state.packet, connection):
                continue
            seen = bool(connection.status & STATUS_SEEN_REPLY)
            if connection.syn and not seen and not state.packet.tcp_flags & (SYN | RST):
                # SYN_SENT and no SYN-ACK was seen here: nf_conntrack_proto_tcp.c tcp_conntracks
                return msgspec.structs.replace(state, ct_state=CT_INVALID, connection=None)
            return _with(state, connection, CT_ESTABLISHED if seen else CT_NEW, 0)
        if connection.reply == wanted:
            status = connection.status | STATUS_SEEN_REPLY
            if state.packet.protocol == TCP and state.packet.tcp_flags & RST and status != connection.status:
                # A connection whose first answer is a reset is forgotten at once: nf_conntrack_tcp_packet().
                status |= STATUS_DYING
            answered = msgspec.structs.replace(connection, status=status)
            return _with(state, answered, CT_ESTABLISHED, 1)
    if _is_error(state.packet):
        return msgspec.structs.replace(state, ct_state=CT_RELATED if made else CT_INVALID, connection=None)
    if _cannot_begin(state.packet, namespace):
        return msgspec.structs.replace(state, ct_state=CT_INVALID, connection=None)
    syn = state.packet.protocol == TCP and bool(state.packet.tcp_flags & SYN)
    fresh = Connection(version=state.packet.version, original=wanted, reply=wanted.reversed(), syn=syn)
    return _with(state, fresh, CT_NEW, 0)


def _reopens(packet: Packet, connection: Connection) -> bool:
    """Whether the client begins anew where it had ended: the entry is deleted and the packet looked up again.

    Source: net/netfilter/nf_conntrack_proto_tcp.c nf_conntrack_tcp_packet(), "reopen a closed/aborted connection"
    """
    return connection.tcp_state in TCP_CLOSED and packet.tcp_flags & (SYN | ACK | RST | FIN) == SYN


def _with(state: State, connection: Connection, ct_state: int, direction: Literal[0, 1]) -> State:
    tracked = msgspec.structs.replace(state, connection=connection, ct_state=ct_state, ct_direction=direction)
    return remembered(tracked)


def remembered(state: State) -> State:
    """Return the state with its connection kept in (or replaced in) the walk's own table."""
    connection = state.connection
    if connection is None:
        return state
    others = tuple(
        (netns, each)
        for netns, each in state.connections
        if netns != state.netns or each.original != connection.original
    )
    return msgspec.structs.replace(state, connections=(*others, (state.netns, connection)))


def confirmed(state: State) -> State:
    """Return the state with its connection confirmed: the packet leaves the hooks alive."""
    if state.connection is None:
        return state
    status = state.connection.status | STATUS_CONFIRMED
    connection = msgspec.structs.replace(state.connection, status=status, nat_checked=("dst", "src"))
    return remembered(msgspec.structs.replace(state, connection=connection))


def _is_error(packet: Packet) -> bool:
    """Whether this is an ICMP error: related to the connection that it speaks of, or to none.

    Source: net/netfilter/nf_conntrack_proto_icmp.c nf_conntrack_icmpv4_error()
    """
    if packet.icmp is None:
        return False
    return packet.icmp >> 8 in ((3, 4, 5, 11, 12) if packet.protocol == ICMP else (1, 2, 3, 4))


_TCP_POSSIBLE = frozenset({SYN, SYN | ACK, RST, RST | ACK, FIN | ACK, ACK})
"""Combinations of flags that a TCP may send, without PSH, URG.  Source: nf_conntrack_proto_tcp.c tcp_valid_flags."""
_ASKS = {ICMP: (8, 13, 15, 17), ICMP6: (128, 139)}
"""Types that ask something.  Source: nf_conntrack_proto_icmp.c valid_new, nf_conntrack_proto_icmpv6.c valid_new."""


def _impossible(packet: Packet) -> bool:
    """Whether no TCP sends such flags: invalid even within a connection (tcp_error())."""
    return packet.protocol == TCP and packet.tcp_flags & (SYN | ACK | RST | FIN) not in _TCP_POSSIBLE


def _cannot_begin(packet: Packet, namespace: Namespace) -> bool:
    """Whether this packet cannot be a connection's first.

    A SYN begins a TCP connection; an ACK is picked up in the middle unless tcp_loose is 0; SYN-ACK, RST and FIN never
    begin one.  ICMP begins with a question.
    """
    if packet.protocol in _ASKS:
        return packet.icmp is not None and packet.icmp >> 8 not in _ASKS[packet.protocol]
    if packet.protocol != TCP:
        return False
    flags = packet.tcp_flags & (SYN | ACK | RST | FIN)
    if flags == SYN:
        return False
    loose = namespace.sysctls.number("net", "netfilter", "nf_conntrack_tcp_loose")
    return not (flags == ACK and loose != 0)
