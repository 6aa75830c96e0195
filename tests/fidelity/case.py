"""What one case is: a network, written down as the texts that configure it, and the flows that are sent through it.

Everything that shrinking may drop is one line of its own.
"""

from typing import Literal

import msgspec

from hairpin.netfilter.packet import UDP, Connection, Packet

WORLD = "world"
"""The namespace that plays everything outside: it has wires and no addresses, so it never answers by itself."""

Tool = Literal["iptables-nft", "iptables-legacy", "nft", "ebtables"]


class RuleText(msgspec.Struct, frozen=True):
    """What one tool loads: ``head`` makes tables and chains, each of ``rules`` is one rule that may be dropped.

    For iptables ``table`` is its table and the lines are iptables-restore's; for nft they are ``nft -f`` commands.
    """

    tool: Tool
    version: Literal[4, 6]
    table: str
    head: tuple[str, ...]
    rules: tuple[str, ...]


class Program(msgspec.Struct, frozen=True):
    """What hangs on a link and cannot be read: it takes packets away whose length has ``value`` in ``mask``."""

    link: str
    hook: Literal["ingress", "egress", "xdp"]
    mask: int
    value: int


class Judged(msgspec.Struct, frozen=True):
    """A namespace that model and kernel both know.

    ``setup``, ``routing4`` and ``routing6`` are lines of ``ip -batch``, ``bridging`` of ``bridge -batch``; those of
    ``setup`` may not be dropped.  ``sockets`` are lines of listeners.py.  ``sysctls`` are (path below /proc/sys,
    value), written in order.  ``outages`` are more lines of ``ip -batch``, done when all the rest stands, before the
    ``programs``; ``connections`` are entered into the connection table then.
    ``asks``: for neighbours that are not entered, instead of giving them up at once.
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
    """A packet and where it starts.  ``link``: it comes by that link of the host from outside; empty: a process in
    ``netns`` sends it.  ``padding``: bytes of payload before the flow's tag; ``no_checksum``: UDP does without one;
    ``fragmented``: what comes from outside comes in two fragments."""

    netns: str
    link: str
    packet: Packet
    padding: int = 0
    no_checksum: bool = False
    fragmented: bool = False

    def by_udp(self) -> bool:
        """Return whether a socket of UDP's sends it; else one that is given the whole packet (IPPROTO_RAW)."""
        return self.packet.protocol == UDP and not self.packet.bad_checksum


class ErrorPlan(msgspec.Struct, frozen=True):
    """An ICMP error about the last packet of a flow, from where that came to rest.  ``icmp``: type << 8 | code.

    ``source``, ``target``, ``link``: another sender than who got the packet, another receiver than who sent it, another
    link of the host that it comes in by.  ``sport``: another source port (or id) in the packet that it is about."""

    icmp: int
    source: int | None = None
    target: int | None = None
    link: str = ""
    sport: int | None = None


class Flow(msgspec.Struct, frozen=True):
    """A flow: its first packet, then what follows.  ``reply`` answers from where the packet has come to rest; ``again``
    is another packet of the sender.  ``flags``: the TCP flags of what follows, one by one, where the usual ones are not
    wanted."""

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
    """One network and its flows.  ``namespaces`` has the host first.  ``world``: lines of ``ip -batch``, done in the
    world when all the rest stands."""

    seed: int
    wires: tuple[Wire, ...]
    namespaces: tuple[Judged, ...]
    flows: tuple[Flow, ...]
    world: tuple[str, ...] = ()
