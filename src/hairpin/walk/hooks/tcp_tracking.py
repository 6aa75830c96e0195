"""What connection tracking makes of the packets of one TCP connection.

Sequence numbers and windows are left out: what hairpin sends into a connection is always inside of them.

Source: net/netfilter/nf_conntrack_proto_tcp.c tcp_conntracks, nf_conntrack_tcp_packet(), tcp_valid_flags
"""

from typing import Literal

from hairpin.netfilter.packet import ACK, FIN, RST, SYN, URG, Tcp, TcpState

Direction = Literal[0, 1]
"""0: as the connection's first packet, 1: its answers."""

_POSSIBLE = frozenset(
    {SYN, SYN | URG, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN | ACK | URG, ACK, ACK | URG},
)
"""Combinations of flags that a TCP may send, PSH left out."""


def possible(flags: int) -> bool:
    """Return whether any TCP sends such flags; else the packet is invalid even within a connection."""
    return flags & (SYN | ACK | RST | FIN | URG) in _POSSIBLE


def begun(flags: int, *, loose: bool) -> Tcp | None:
    """Return the state of a connection that such a packet begins, or None: a SYN does, and an ACK where conntrack may
    pick up what it has not seen the beginning of (``loose``)."""
    if flags & (SYN | ACK | RST | FIN) == SYN:
        return Tcp("SYN_SENT")
    if loose and flags & (SYN | ACK | RST | FIN) == ACK:
        return Tcp("ESTABLISHED")
    return None


def followed(tcp: Tcp, direction: Direction, flags: int) -> Tcp | Literal["invalid", "anew"]:
    """Return the connection's state behind another of its packets.

    ``invalid``: the packet does not belong to it; ``anew``: it begins another connection with the same tuple.
    """
    if flags & RST:
        return Tcp("CLOSE", tcp.closing, reset=direction)
    if flags & SYN:
        return (_answered if flags & ACK else _asked)(tcp, direction)
    if tcp.challenged and direction and not flags & FIN:
        return Tcp(tcp.state, tcp.closing)  # so the other side answers such a SYN (RFC 5961), and ends nothing by that
    state = _finishing(tcp.state) if flags & FIN else _acknowledged(tcp.state, direction)
    if state is None:
        return "invalid"
    return Tcp(state, tcp.closing or state == "FIN_WAIT")


def _asked(tcp: Tcp, direction: Direction) -> Tcp | Literal["invalid", "anew"]:
    """A SYN: its own again, one of the other side, or one behind the end."""
    if tcp.state in ("SYN_SENT", "SYN_SENT2"):
        return Tcp("SYN_SENT2" if direction else tcp.state)
    over = tcp.state == "TIME_WAIT" or (tcp.state == "CLOSE" and not direction)
    if over and (tcp.closing or tcp.reset == direction):
        return "anew"
    if direction and not over:
        return "invalid"
    return Tcp(tcp.state, tcp.closing, challenged=tcp.state == "LAST_ACK")


def _answered(tcp: Tcp, direction: Direction) -> Tcp | Literal["invalid"]:
    """A SYN-ACK; one that comes late is let through."""
    if tcp.state == "SYN_SENT2" or (tcp.state == "SYN_SENT" and direction):
        return Tcp("SYN_RECV")
    if direction == 0 and tcp.state != "SYN_RECV":
        return "invalid"
    return Tcp(tcp.state, tcp.closing)


def _finishing(state: TcpState) -> TcpState | None:
    match state:
        case "SYN_SENT" | "SYN_SENT2":
            return None
        case "SYN_RECV" | "ESTABLISHED":
            return "FIN_WAIT"
        case "FIN_WAIT" | "CLOSE_WAIT" | "LAST_ACK":
            return "LAST_ACK"
        case "TIME_WAIT" | "CLOSE":
            return state


def _acknowledged(state: TcpState, direction: Direction) -> TcpState | None:
    match state:
        case "SYN_SENT" | "SYN_SENT2":
            return state if direction else None  # may be the challenge of a half-open connection (RFC 5961)
        case "SYN_RECV":
            return state if direction else "ESTABLISHED"
        case "FIN_WAIT" | "CLOSE_WAIT":
            return "CLOSE_WAIT"
        case "LAST_ACK" | "TIME_WAIT":
            return "TIME_WAIT"
        case "ESTABLISHED" | "CLOSE":
            return state
