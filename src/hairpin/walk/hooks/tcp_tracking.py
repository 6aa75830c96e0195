"""Connection tracking of one TCP connection: its state after each packet.

Sequence numbers and windows are not modelled: packets that hairpin sends are always within the window.

Source: net/netfilter/nf_conntrack_proto_tcp.c tcp_conntracks, nf_conntrack_tcp_packet(), tcp_valid_flags
"""

from typing import Literal

from hairpin.netfilter.packet import ACK, FIN, RST, SYN, TCP_CLOSED, URG, Tcp, TcpState

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
