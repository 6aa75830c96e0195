"""Connection tracking: which connection a packet belongs to, and the state of a TCP connection after each packet.

Sequence numbers and windows are not modelled: packets that hairpin sends are always within the window.

Source: net/netfilter/nf_conntrack_core.c nf_conntrack_in(), resolve_normal_ct();
nf_conntrack_proto_{tcp,icmp,icmpv6}.c; nf_conntrack_proto_tcp.c tcp_conntracks, nf_conntrack_tcp_packet(),
tcp_valid_flags
"""

from typing import Literal

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty, tracked_ports
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.packet import (
    ACK,
    FIN,
    ICMP,
    ICMP6,
    ICMP_ANSWERS,
    RST,
    SCTP,
    SYN,
    TCP,
    TCP_CLOSED,
    UDP,
    UDPLITE,
    URG,
    Connection,
    Packet,
    Tcp,
    TcpState,
    Tuple,
    is_icmp_error,
)
from hairpin.walk.decided import ConntrackDecided
from hairpin.walk.hooks.connection_index import Known, connections_of
from hairpin.walk.hooks.conntrack_timeout import has_no_time
from hairpin.walk.state import End, State, stopped


def tuple_of(packet: Packet, kernel: str) -> Tuple:
    """Return the packet's tuple on that kernel release.  The ports are zero if conntrack does not track the protocol's
    ports."""
    if packet.protocol in ICMP_ANSWERS:
        return Tuple(packet.saddr, packet.daddr, packet.protocol, packet.sport or 0, packet.icmp or 0)
    if packet.protocol not in tracked_ports(kernel):
        return Tuple(packet.saddr, packet.daddr, packet.protocol)
    return Tuple(packet.saddr, packet.daddr, packet.protocol, packet.sport or 0, packet.dport or 0)


def track(state: State, namespace: Namespace) -> State:
    """Return the state with its connection found or created, and its ctstate."""
    if state.track.connection is not None or state.track.ct_state == ir.CT_UNTRACKED:
        return state  # the packet was tracked before (over lo, or by br_netfilter), so NOTRACK comes too late
    tracked = _tracked(state, namespace)
    # The zone counts for this lookup only: a packet without a connection comes back over lo without a zone.
    return tracked if tracked.track.zone is None else tracked.with_track(zone=None)


def _tracked(state: State, namespace: Namespace) -> State:
    packet = state.packet
    if state.track.notrack and state.track.ct_state != ir.CT_RELATED:
        return state.with_track(ct_state=ir.CT_UNTRACKED, connection=None)
    if _is_broken(state, namespace) or (packet.protocol == TCP and not possible(packet.tcp_flags)):
        return _invalid(state)
    if packet.protocol == ICMP6 and (packet.icmp or 0) >> 8 in _NEVER_TRACKED6:
        return state.with_track(ct_state=ir.CT_UNTRACKED, connection=None)
    if is_icmp_error(packet):
        return _related(state, namespace)
    known = _known(state, namespace, tuple_of(packet, namespace.kernel))
    joined = _joined(state, *known) if known is not None else None
    return joined or _begun(state, namespace)


def _invalid(state: State) -> State:
    return state.with_track(ct_state=ir.CT_INVALID, connection=None)


def _related(state: State, namespace: Namespace) -> State:
    """Return the state of an ICMP error, related to the connection of the packet that it quotes.

    The error is INVALID if its destination is not the quoted packet's sender.

    Source: net/netfilter/nf_conntrack_core.c nf_conntrack_inet_error()
    """
    # An answer to an untracked packet stays RELATED: nf_conntrack_in() clears skb->_nfct for templates only.
    unrelated = state if state.track.ct_state == ir.CT_RELATED else _invalid(state)
    inner = state.packet.inner
    if inner is None or is_icmp_error(inner):
        return unrelated
    known = _known(state, namespace, tuple_of(inner, namespace.kernel).reversed())
    if known is None or not known[0].status & ir.STATUS_CONFIRMED:
        return unrelated
    connection, direction = known
    sender = (connection.reply if direction else connection.original).daddr
    if state.packet.daddr != sender and Novelty.ERRORS_BY_OUTER_ADDRESS.known_to(namespace.kernel):
        return unrelated
    return state.with_track(connection=connection, ct_state=ir.CT_RELATED, ct_direction=direction)


def _known(state: State, namespace: Namespace, wanted: Tuple, but: Connection | None = None) -> Known | None:
    """Return the connection with the tuple ``wanted``, and the tuple's direction; None if no connection except ``but``
    has the tuple.

    Connections that this walk made come before the connections of the conntrack table that was read.  A connection
    whose timeout is 0 is over before its next packet: nf_ct_is_expired().  If both tuples of a connection are equal,
    the packet counts as a reply: nf_conntrack_core.c __nf_conntrack_hash_insert().
    """
    version, zone = state.packet.version, but.zone if but is not None else state.track.zone or 0
    here = (state.netns, version, zone)
    made = [each for netns, each in state.history.connections if (netns, each.version, each.zone) == here]
    for connection in made:
        if wanted not in (connection.reply, connection.original) or connection.status & ir.STATUS_DYING:
            continue
        if (but is None or connection.original != but.original) and not has_no_time(namespace, connection):
            return connection, 1 if connection.reply == wanted else 0
    live = connections_of(namespace).find(version, zone, wanted)
    changed = live is not None and any(each.original == live[0].original for each in made)
    return None if changed else live


def is_tuple_taken(state: State, namespace: Namespace, wanted: Tuple) -> bool:
    """Return whether another connection already has the tuple ``wanted``.  Source: nf_conntrack_tuple_taken()"""
    return _known(state, namespace, wanted, state.track.connection) is not None


def _joined(state: State, connection: Connection, direction: Literal[0, 1]) -> State | None:
    """Return the state with the packet added to the connection; None if the packet begins a new connection with that
    tuple."""
    flags = state.packet.tcp_flags
    status = connection.status
    if connection.tcp is not None:
        tcp = next_state(connection.tcp, direction, flags)
        if tcp == "invalid":
            return _invalid(state)
        if tcp == "anew":
            return None
        if flags & RST and not status & ir.STATUS_SEEN_REPLY:
            # A connection whose first reply is a reset is deleted at once: nf_conntrack_tcp_packet().
            status |= ir.STATUS_DYING
        if status & ir.STATUS_SEEN_REPLY and tcp.state == "ESTABLISHED":
            status |= ir.STATUS_ASSURED
        connection = msgspec.structs.replace(connection, tcp=tcp)
    elif state.packet.protocol == UDPLITE and status & ir.STATUS_SEEN_REPLY and connection.original.sport:
        status |= ir.STATUS_ASSURED  # UDP gets this bit only after two seconds: nf_conntrack_udp_packet()
    if direction == 1:
        status |= ir.STATUS_SEEN_REPLY
    connection = msgspec.structs.replace(connection, status=status)
    return with_connection(
        state,
        connection,
        ct_state=ir.CT_ESTABLISHED if status & ir.STATUS_SEEN_REPLY else ir.CT_NEW,
        ct_direction=direction,
    )


def _begun(state: State, namespace: Namespace) -> State:
    packet = state.packet
    tcp = None
    if packet.protocol == TCP:
        loose = namespace.sysctl("net", "netfilter", "nf_conntrack_tcp_loose") != 0
        tcp = first_state(packet.tcp_flags, loose=loose)
        if tcp is None:
            return _invalid(state)
    if packet.protocol in _ASKS and (packet.icmp is None or packet.icmp >> 8 not in _ASKS[packet.protocol]):
        return _invalid(state)
    wanted = tuple_of(packet, namespace.kernel)
    fresh = Connection(packet.version, wanted, wanted.reversed(), zone=state.track.zone or 0, tcp=tcp)
    return with_connection(state, fresh, ct_state=ir.CT_NEW, ct_direction=0)


def with_connection(state: State, connection: Connection, **changes: object) -> State:
    """Return the state with its packet in the connection.  The connection is added to the connections of this walk, or
    replaced there.

    ``changes`` has new values for other fields of ``state.track``.
    """
    history = state.history
    others = tuple(
        (netns, each)
        for netns, each in history.connections
        if each.original != connection.original or (netns, each.zone) != (state.netns, connection.zone)
    )
    return msgspec.structs.replace(
        state,
        track=msgspec.structs.replace(state.track, connection=connection, **changes),
        history=msgspec.structs.replace(history, connections=(*others, (state.netns, connection))),
    )


def with_closed_connection(state: State, namespace: Namespace) -> State:
    """Return the state with its connection closed.  A reset by which REJECT answers a packet closes the packet's
    connection.

    Source: nf_conntrack_proto_tcp.c nf_conntrack_tcp_set_closing(), net/ipv4/netfilter/nf_reject_ipv4.c
    """
    connection = state.track.connection
    if not Novelty.RESETS_CLOSE.known_to(namespace.kernel):
        return state
    if connection is None or connection.tcp is None or not connection.status & ir.STATUS_CONFIRMED:
        return state
    if state.packet.tcp_flags & RST:
        return state  # no reset answers a reset
    tcp = Tcp("CLOSE", connection.tcp.closing)
    return with_connection(state, msgspec.structs.replace(connection, tcp=tcp))


def forgotten(state: State) -> State:
    """Return the state with its connection deleted from the table: nf_ct_kill_acct()."""
    connection = state.track.connection
    if connection is None:
        return state
    dying = msgspec.structs.replace(connection, status=connection.status | ir.STATUS_DYING)
    return with_connection(state, dying)


def with_confirmed_connection(state: State, namespace: Namespace) -> State | End:
    """Return the state with its connection confirmed as the packet leaves the hooks.

    Return the packet's end if another connection already has the reply tuple, because NAT found no free tuple.

    Source: net/netfilter/nf_conntrack_core.c __nf_conntrack_confirm(), nf_ct_resolve_clash()
    """
    connection = state.track.connection
    if connection is None:
        return state
    if not connection.status & ir.STATUS_CONFIRMED:
        if state.track.ct_direction == 1:
            return state  # an answer to a rejected packet confirms nothing
        other = _known(state, namespace, connection.reply, connection)
        if other is not None:
            decided = ConntrackDecided(
                message(
                    "another connection already has the addresses and ports that the answers to this packet would have"
                ),
                other[0].evidence,
            )
            return stopped(state, "conntrack-clash", link=state.oif or state.iif, decided_by=decided)
    checked = msgspec.structs.replace(
        connection, status=connection.status | ir.STATUS_CONFIRMED, nat_checked=("dst", "src")
    )
    return with_connection(state, checked)


_ASKS = {ICMP: (8, 13, 15, 17), ICMP6: (128, 139)}
"""The ICMP types of requests, with which a connection may begin.  Source: nf_conntrack_proto_icmp.c valid_new,
nf_conntrack_proto_icmpv6.c valid_new."""
_NEVER_TRACKED6 = frozenset({*range(130, 137), 143})
"""The ICMPv6 types of multicast listener discovery and neighbour discovery, which are never tracked.  Source:
nf_conntrack_proto_icmpv6.c noct_valid_new."""
_VERIFIED = frozenset({TCP, UDP, ICMP, ICMP6, SCTP})


def _is_broken(state: State, namespace: Namespace) -> bool:
    """Return whether the packet has a wrong checksum.  Only received packets are checked, never local packets.

    Linux computes UDP-Lite's checksum with UDP's protocol number (seen on 6.18), so it finds correct UDP-Lite checksums
    wrong.
    Source: net/netfilter/nf_conntrack_proto_*.c, sysctl_checksum
    """
    packet = state.packet
    lite = packet.protocol == UDPLITE and UDPLITE in tracked_ports(namespace.kernel)
    wrong = lite or (packet.bad_checksum and packet.protocol in _VERIFIED)
    if not wrong or not state.iif:
        return False
    return namespace.sysctl("net", "netfilter", "nf_conntrack_checksum") != 0


Direction = Literal[0, 1]
"""A packet's direction: 0 is the original direction, in which the connection's first packet goes; 1 is the reply
direction."""

_VALID_FLAGS = frozenset({SYN, SYN | URG, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN | ACK | URG, ACK, ACK | URG})
"""The valid combinations of TCP flags, without PSH.  Source: tcp_valid_flags"""

_Kind = Literal["syn", "synack", "fin", "ack", "rst"]
_Next = TcpState | Literal["invalid", "ignored"]

_STATES: dict[str, TcpState | None] = {
    "sNO": None, "sSS": "SYN_SENT", "sSR": "SYN_RECV", "sES": "ESTABLISHED", "sFW": "FIN_WAIT", "sCW": "CLOSE_WAIT",
    "sLA": "LAST_ACK", "sTW": "TIME_WAIT", "sCL": "CLOSE", "sS2": "SYN_SENT2",
}  # fmt: skip
"""The columns of the kernel's state table, by the kernel's names.  None stands for a packet without a connection."""

_ORIGINAL: dict[_Kind, str] = {
    #          sNO sSS sSR sES sFW sCW sLA sTW sCL sS2
    "syn": "sSS sSS sIG sIG sIG sIG sIG sSS sSS sS2",
    "synack": "sIV sIV sSR sIV sIV sIV sIV sIV sIV sSR",
    "fin": "sIV sIV sFW sFW sLA sLA sLA sTW sCL sIV",
    "ack": "sES sIV sES sES sCW sCW sTW sTW sCL sIV",
    "rst": "sIV sCL sCL sCL sCL sCL sCL sCL sCL sCL",
}
_REPLY: dict[_Kind, str] = {
    #          sNO sSS sSR sES sFW sCW sLA sTW sCL sS2
    "syn": "sIV sS2 sIV sIV sIV sIV sIV sSS sIV sS2",
    "synack": "sIV sSR sIG sIG sIG sIG sIG sIG sIG sSR",
    "fin": "sIV sIV sFW sFW sLA sLA sLA sTW sCL sIV",
    "ack": "sIV sIG sSR sES sCW sCW sTW sTW sCL sIG",
    "rst": "sIV sCL sCL sCL sCL sCL sCL sCL sCL sCL",
}


def _table(rows: dict[_Kind, str]) -> dict[tuple[_Kind, TcpState | None], _Next]:
    """Return the connection's next state by the kind of the packet and the present state."""
    found: dict[tuple[_Kind, TcpState | None], _Next] = {}
    for kind, row in rows.items():
        for state, name in zip(_STATES.values(), row.split(), strict=True):
            found[kind, state] = "ignored" if name == "sIG" else _STATES.get(name) or "invalid"
    return found


_TCP_CONNTRACKS = (_table(_ORIGINAL), _table(_REPLY))


def possible(flags: int) -> bool:
    """Return whether the TCP flags are valid.  A packet with invalid flags is INVALID, even within a connection."""
    return flags & (SYN | ACK | RST | FIN | URG) in _VALID_FLAGS


def first_state(flags: int, *, loose: bool) -> Tcp | None:
    """Return the state of a new connection whose first packet has these valid flags; None if it begins no connection.

    A SYN begins a connection.  If ``loose`` is true, an ACK begins a connection, too: conntrack then picks up
    connections that are already open.
    """
    state = _TCP_CONNTRACKS[0][_kind(flags), None]
    if state == "SYN_SENT" or (state == "ESTABLISHED" and loose):
        return Tcp(state)
    return None


def next_state(tcp: Tcp, direction: Direction, flags: int) -> Tcp | Literal["invalid", "anew"]:
    """Return the connection's state after another packet with these (valid) flags.

    The result is ``invalid`` if the packet does not belong to the connection, and ``anew`` if it begins a new
    connection with the same tuple.
    """
    kind = _kind(flags)
    state = _TCP_CONNTRACKS[direction][kind, tcp.state]
    if state == "SYN_SENT" and tcp.state in TCP_CLOSED:
        if tcp.closing or tcp.reset == direction:
            return "anew"
        state = "ignored"
    elif kind == "ack" and tcp.challenged and direction == 1:
        state = "ignored"  # the ACK answers the SYN (RFC 5961, challenge ACK), not the FIN
    if state == "invalid":
        return "invalid"
    if state == "ignored":
        return Tcp(tcp.state, tcp.closing, challenged=kind == "syn" and tcp.state == "LAST_ACK")
    return Tcp(state, tcp.closing or state == "FIN_WAIT", reset=direction if kind == "rst" else None)


def _kind(flags: int) -> _Kind:
    """Return the kind of a packet with these flags.  Source: get_conntrack_index()"""
    if flags & RST:
        return "rst"
    if flags & SYN:
        return "synack" if flags & ACK else "syn"
    return "fin" if flags & FIN else "ack"
