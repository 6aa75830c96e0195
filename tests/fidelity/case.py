"""What one case is: a network, written down as the texts that configure it, and the flows that are sent through it.

Everything that shrinking may drop is one line of its own.
"""

from typing import Literal

import msgspec

from hairpin.netfilter.packet import Packet

WORLD = "world"
"""The namespace that plays everything outside: it has wires and no addresses, so it never answers by itself."""

Tool = Literal["iptables-nft", "iptables-legacy", "nft"]


class RuleText(msgspec.Struct, frozen=True):
    """What one tool loads: ``head`` makes tables and chains, each of ``rules`` is one rule that may be dropped.

    For iptables ``table`` is its table and the lines are iptables-restore's; for nft they are ``nft -f`` commands.
    """

    tool: Tool
    version: Literal[4, 6]
    table: str
    head: tuple[str, ...]
    rules: tuple[str, ...]


class Judged(msgspec.Struct, frozen=True):
    """A namespace that model and kernel both know.

    ``setup``, ``routing4`` and ``routing6`` are lines of ``ip -batch``, ``bridging`` of ``bridge -batch``; those of
    ``setup`` may not be dropped.  ``sysctls`` are (path below /proc/sys, value), written in order.  ``outages`` are
    more lines of ``ip -batch``, done when all the rest stands.
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


class Sent(msgspec.Struct, frozen=True):
    """The first packet of a flow and where it starts.  ``link``: it comes by that link of the host from outside; empty:
    a process in ``netns`` sends it."""

    netns: str
    link: str
    packet: Packet


class Flow(msgspec.Struct, frozen=True):
    """A flow: its first packet, then what follows.  ``reply`` answers from where the packet has come to rest; ``again``
    is another packet of the sender."""

    number: int
    first: Sent
    then: tuple[Literal["reply", "again"], ...] = ()
    reply_flags: int = 0
    again_flags: int = 0


class Wire(msgspec.Struct, frozen=True):
    """A link of the host whose other end is in the world."""

    link: str
    peer: str
    mac: str
    peer_mac: str


class Case(msgspec.Struct, frozen=True):
    """One network and its flows.  ``namespaces`` has the host first.  ``world``: lines of ``ip -batch``, done in the
    world when all the rest stands."""

    seed: int
    wires: tuple[Wire, ...]
    namespaces: tuple[Judged, ...]
    flows: tuple[Flow, ...]
    world: tuple[str, ...] = ()
