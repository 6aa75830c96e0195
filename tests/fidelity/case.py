"""The type of a case: a network, as the texts that configure it, and the flows that are sent through it.

Each part that shrinking may drop is a line of its own.
"""

from typing import Literal

import msgspec

from hairpin.netfilter.packet import UDP, Connection, Packet

WORLD = "world"
"""The namespace of everything outside.  It has wires and no addresses, so it never answers by itself."""

Tool = Literal["iptables-nft", "iptables-legacy", "nft", "ebtables"]


class RuleText(msgspec.Struct, frozen=True):
    """The rules that one tool loads: ``head`` makes tables and chains, each of ``rules`` is one rule that may be
    dropped.

    For iptables ``table`` is its table and the lines are iptables-restore's; for nft they are ``nft -f`` commands.
    """

    tool: Tool
    version: Literal[4, 6]
    table: str
    head: tuple[str, ...]
    rules: tuple[str, ...]


class Program(msgspec.Struct, frozen=True):
    """A program on a link that hairpin cannot read: it drops packets whose length has ``value`` in ``mask``."""

    link: str
    hook: Literal["ingress", "egress", "xdp"]
    mask: int
    value: int


class Judged(msgspec.Struct, frozen=True):
    """A namespace that both the model and the kernel have.

    ``setup``, ``routing4`` and ``routing6`` are lines of ``ip -batch``, ``bridging`` of ``bridge -batch``; those of
    ``setup`` may not be dropped.  ``sockets`` are lines of listeners.py.  ``sysctls`` are (path below /proc/sys,
    value), written in order.  ``outages`` are more lines of ``ip -batch``, run after all the rest and before the
    ``programs``; ``connections`` are then written into the connection table.  ``asks``: it resolves neighbours without
    an entry, instead of giving them up at once.
    """

    name: str
    setup: tuple[str, ...]
    routing4: tuple[str, ...] = ()
    routing6: tuple[str, ...] = ()
    bridging: tuple[str, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
    ipsets: tuple[str, ...] = ()
    rulesets: tuple[RuleText, ...] = ()
    outages: tuple[str, ...] = ()
    programs: tuple[Program, ...] = ()
    asks: bool = False
    sockets: tuple[str, ...] = ()
    connections: tuple[Connection, ...] = ()


class Sent(msgspec.Struct, frozen=True):
    """A packet and where it starts.

    ``link``: it enters from outside by that link of the host; empty: a process in ``netns`` sends it.  ``padding``:
    bytes of payload before the flow's tag.  ``no_checksum``: a UDP packet without one.  ``fragmented``: a packet from
    outside enters in two fragments.
    """

    netns: str
    link: str
    packet: Packet
    padding: int = 0
    no_checksum: bool = False
    fragmented: bool = False

    def by_udp(self) -> bool:
        """Return whether a UDP socket sends it, rather than a raw one that gets the whole packet (IPPROTO_RAW)."""
        return self.packet.protocol == UDP and not self.packet.bad_checksum


class ErrorPlan(msgspec.Struct, frozen=True):
    """An ICMP error about the last packet of a flow, sent from where that packet ended.  ``icmp``: type << 8 | code.

    ``source``, ``target``, ``link``: another sender than the packet's receiver, another receiver than its sender,
    another link of the host by which it enters.  ``sport``: another source port (or id) in the quoted packet.
    """

    icmp: int
    source: int | None = None
    target: int | None = None
    link: str = ""
    sport: int | None = None


class Flow(msgspec.Struct, frozen=True):
    """A flow: its first packet, then the packets that follow.

    ``reply`` answers from where the packet ended; ``again`` is another packet of the sender.  ``flags``: the TCP flags
    of the packets that follow, one by one, if they are not the usual ones.
    """

    number: int
    first: Sent
    then: tuple[Literal["reply", "again", "error"], ...] = ()
    reply_flags: int = 0
    again_flags: int = 0
    flags: tuple[int, ...] = ()
    error: ErrorPlan | None = None


class Wire(msgspec.Struct, frozen=True):
    """A link of the host whose other end is in the world.  ``vlan``: frames have that VLAN's tag on the wire."""

    link: str
    peer: str
    mac: str
    peer_mac: str
    vlan: int = 0


class Case(msgspec.Struct, frozen=True):
    """One network and its flows.

    ``namespaces`` has the host first.  ``world``: lines of ``ip -batch``, run in the world after all the rest.
    """

    seed: int
    wires: tuple[Wire, ...]
    namespaces: tuple[Judged, ...]
    flows: tuple[Flow, ...]
    world: tuple[str, ...] = ()
