"""The properties of a packet that rules can match: its headers, its metadata, its connection.  The types for packets
and connections are in this package because the evaluation of rules reads them.  The walk makes and changes values of
these types.
"""

from typing import Annotated, Literal

import msgspec

from hairpin.field import of

TCP, UDP, ICMP, ICMP6, SCTP, UDPLITE, DCCP, GRE, ESP, AH = 6, 17, 1, 58, 132, 136, 33, 47, 50, 51
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
TCP_CLOSED = ("TIME_WAIT", "CLOSE")
"""The conntrack states of a TCP connection that has ended: a SYN with the same ports opens a new connection."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One IP packet, or an ARP message (``arp``).  Addresses are integers of 32 bits (``version`` 4) or 128 bits (6).
    Ports are None without a transport header.  ``icmp`` is type << 8 | code.  ``length_bytes`` counts from the network
    header."""

    version: Literal[4, 6]
    saddr: int
    daddr: int
    protocol: int
    sport: int | None = None
    dport: int | None = None
    tcp_flags: int = 0
    icmp: int | None = None
    ttl: int = 64
    length_bytes: int = 60
    dscp: int = 0
    mark: int = 0
    dont_fragment: bool = True
    smac: int | None = None
    dmac: int | None = None
    bad_checksum: bool = False
    """Whether the packet's transport checksum is wrong."""
    arp: Literal[0, 1, 2] = 0
    """The operation of an ARP message: 1 for a request, 2 for a reply; 0 for an IP packet.  In an ARP message,
    ``saddr`` and ``daddr`` are the addresses of its sender and its target."""
    inner: "Packet | None" = None
    """The packet that an ICMP error quotes, with the headers that it had where it was dropped."""


ICMP_ANSWERS = {
    ICMP: {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17},
    ICMP6: {128: 129, 129: 128, 139: 140, 140: 139},
}
"""For each ICMP type of a request or reply, the type of its counterpart.  Source: nf_conntrack_proto_icmp.c,
nf_conntrack_proto_icmpv6.c invmap."""


def is_icmp_error(packet: Packet) -> bool:
    """Return whether the packet is an ICMP error.

    Source: include/net/icmp.h icmp_is_err(); net/netfilter/nf_conntrack_proto_icmpv6.c nf_conntrack_icmpv6_error()
    """
    if packet.icmp is None or packet.protocol not in ICMP_ANSWERS:
        return False
    kind = packet.icmp >> 8
    return kind in (3, 4, 5, 11, 12) if packet.protocol == ICMP else kind < 128


def is_discovery(packet: Packet) -> bool:
    """Return whether the packet is a neighbour solicitation (135) or advertisement (136)."""
    return packet.protocol == ICMP6 and packet.icmp is not None and packet.icmp >> 8 in (135, 136)


class Tuple(msgspec.Struct, frozen=True, gc=False):
    """A conntrack tuple: one direction of a connection.  For ICMP, ``sport`` is the id, and ``dport`` is type << 8 |
    code."""

    saddr: Annotated[int, of("address")]
    daddr: Annotated[int, of("address")]
    protocol: int
    sport: Annotated[int, of("port")] = 0
    dport: Annotated[int, of("port")] = 0

    def reversed(self) -> "Tuple":
        """Return the tuple of a reply to a packet with this tuple."""
        if self.protocol in ICMP_ANSWERS:
            kind = self.dport >> 8
            answer = ICMP_ANSWERS[self.protocol].get(kind, kind) << 8 | self.dport & 0xFF
            return Tuple(self.daddr, self.saddr, self.protocol, self.sport, answer)
        return Tuple(self.daddr, self.saddr, self.protocol, self.dport, self.sport)


TcpState = Literal[
    "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"
]


class Tcp(msgspec.Struct, frozen=True, gc=False):
    """Conntrack's state of a TCP connection.

    ``closing``: one side has sent a FIN (IP_CT_TCP_FLAG_CLOSE_INIT).  ``reset``: the direction of the connection's last
    packet, if that packet was a RST.  ``challenged``: the connection's last packet was a SYN in the state LAST_ACK,
    which the other side answers with a challenge ACK (IP_CT_EXP_CHALLENGE_ACK).
    """

    state: TcpState
    closing: bool = False
    reset: Literal[0, 1] | None = None
    challenged: bool = False


class Connection(msgspec.Struct, frozen=True, gc=False):
    """A conntrack entry.  ``status`` has ir.STATUS_* bits.  ``live`` is true if the entry was read from the host's
    table, and false if the walk made it."""

    version: Literal[4, 6]
    original: Tuple
    reply: Tuple
    status: int = 0
    mark: int = 0
    zone: int = 0
    nat_checked: tuple[str, ...] = ()
    """The translations ("src", "dst") that are already decided.  For a decided translation, nat chains are skipped
    (nf_nat_initialized)."""
    tcp: Tcp | None = None
    """Conntrack's TCP state.  ``tcp`` is None for other protocols.  ``tcp`` is also None for a TCP connection with an
    unknown state; every TCP packet then belongs to the connection."""
    live: bool = False
    evidence: str = ""
    timeout_s: Annotated[int | None, of(walked=False)] = None
    masquerade: str = ""
    """The link whose address MASQUERADE used as the source; empty if MASQUERADE did not translate the connection."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A packet at a hook, with everything that rules may match."""

    packet: Packet
    iif: str = ""
    oif: str = ""
    iif_group: int | None = 0
    """The groups of the input interface and of the output interface; None if only the group's name was read."""
    oif_group: int | None = 0
    physin: str = ""
    physout: str = ""
    ct_state: int = 0
    """The packet's conntrack state: one of ir.CT_*, or 0 before conntrack has run."""
    ct_direction: Literal[0, 1] = 0
    connection: Connection | None = None
    uid: int | None = None
    by_kernel: bool = False
    """Whether a kernel socket sent the packet; such a socket has no owner."""
    gid: int | None = None
    pkttype: int = 0
