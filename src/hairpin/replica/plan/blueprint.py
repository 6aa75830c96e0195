"""The blueprint of a replica: plain data with everything that the replica's process needs, independent of the model.

The texts in a blueprint are the input of tools: ``ip -batch`` lines, ``iptables-restore`` input, ``nft -f`` input.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.change.commands.tool import RestoreTool
from hairpin.host.netns import Netns
from hairpin.message import Message
from hairpin.netfilter.ir import Table
from hairpin.netfilter.packet import Connection
from hairpin.network.prefix import Version

WORLD = Netns("", "world")
"""The namespace that stands for all outside machines."""
APART = Netns("", "apart")
"""The namespace that holds the far ends of links whose peers are not rebuilt."""
SEGMENTS = Netns("", "segments")
"""The namespace of the bridges that join uplinks of several hosts: see plan/segments.py."""

Tool = RestoreTool | Literal["ebtables-nft-restore", "nft", "nft-json", "ipset"]


class Load(msgspec.Struct, frozen=True):
    """One input of one tool that loads rules.

    ``table``: the parsed table.  If nft rejects its own listing, hairpin writes the text again from this table.
    ``again``: whether the tables are flushed first, because an earlier load failed half-way."""

    tool: Tool
    text: str
    table: Table | None = None
    again: bool = False


class SysctlValue(msgspec.Struct, frozen=True):
    """One value of a sysctl.

    ``path``: its path below /proc/sys.  ``matters``: whether the report mentions a failure to set the value in the
    replica."""

    path: str
    value: str
    matters: bool = False


class Service(msgspec.Struct, frozen=True):
    """A bound socket that accepts connections or datagrams.

    ``address``: None for the wildcard address.  ``does``: the service answers some bytes (``answer``), connects to the
    address ``to`` (``relay``), holds the port and never answers (``hold``), or drops each SYN or datagram like a socket
    with a full queue (``full``).  ``answers_by_route``: whether UDP answers leave from the address that the kernel
    chooses, instead of the address to which the request was sent.  ``mark``: the mark of the service's packets
    (SO_MARK).  ``uid``: the user of the service's socket, which policy rules and rules with ``-m owner`` see."""

    protocol: Literal["tcp", "udp"]
    version: Version
    address: str | None
    port: int
    device: str | None = None
    v6only: bool = False
    does: Literal["answer", "relay", "hold", "full"] = "answer"
    to: tuple[Version, str, int] | None = None
    answers_by_route: bool = False
    mark: int | None = None
    uid: int = 0


class LinkLine(msgspec.Struct, frozen=True):
    """One line of ``ip -batch`` that makes a link or a pair of links.  The line contains placeholders for namespaces,
    which :func:`path_of` returns.

    ``host``: the label of the host in whose namespace the line runs.  Lower links are looked up in this namespace.
    ``instead``: the line that is used if the kernel does not know the link's ``kind``.  The report then names the kind.
    """

    text: str
    host: str
    instead: str | None = None
    kind: str | Message = ""


class StandIn(msgspec.Struct, frozen=True):
    """A link of the replica that differs from the host's link.

    If a packet takes this link, the verdict is weaker, and the report gives ``said`` as the reason."""

    netns: Netns
    link: str
    said: Message


class NetnsPlan(msgspec.Struct, frozen=True):
    """The plan of one namespace.

    ``sysctls`` are written before the links are made, ``link_sysctls`` while the links are down.  ``lines`` are for
    ``ip -batch``, ``lines6`` for ``ip -6 -batch``, ``bridge_lines`` for ``bridge -batch``.  ``running``: the links that
    have to come up.  ``running_lines``: the lines for ``bridge -batch`` after these links are up.  ``connections``: the
    entries that the conntrack table has when a flow starts.  ``guarded_lines``: the lines for ``ip -batch`` after all
    rules are loaded, because without the rules a packet would take a wrong path."""

    netns: Netns
    sysctls: tuple[SysctlValue, ...] = ()
    link_sysctls: tuple[SysctlValue, ...] = ()
    lines: tuple[str, ...] = ()
    lines6: tuple[str, ...] = ()
    bridge_lines: tuple[str, ...] = ()
    loads: tuple[Load, ...] = ()
    services: tuple[Service, ...] = ()
    running: tuple[str, ...] = ()
    running_lines: tuple[str, ...] = ()
    connections: tuple[Connection, ...] = ()
    guarded_lines: tuple[str, ...] = ()


class Way(msgspec.Struct, frozen=True):
    """How an outside client sends packets to a host: the host's ``link``, the world's end of that link (``wire``), and
    the mark (SO_MARK) with which a client's packets leave by that wire."""

    netns: Netns
    link: str
    wire: str
    mark: int


class FarEnd(msgspec.Struct, frozen=True):
    """The far end of a tunnel, on a host that was not read.  ``wire``: the world's device that stands for it.

    ``address`` and ``port``: the outer address to which the rebuilt host sends, and the UDP port."""

    wire: str
    address: str
    port: int


class Blueprint(msgspec.Struct, frozen=True):
    """The whole blueprint.  ``links``: the ``ip -batch`` lines that make the links of all namespaces.

    ``left_out``: parts that cannot be rebuilt.  ``apart``: the namespaces that are not rebuilt, because no packet of
    the flows reaches them."""

    namespaces: tuple[NetnsPlan, ...]
    links: tuple[LinkLine, ...]
    stand_ins: tuple[StandIn, ...] = ()
    left_out: tuple[Message, ...] = ()
    apart: tuple[Message, ...] = ()
    ways: tuple[Way, ...] = ()
    far_ends: tuple[FarEnd, ...] = ()


def named(netns: Netns, rebuilt: Iterable[Netns]) -> str:
    """Return the namespace's name.  If several hosts are rebuilt, the name includes the host: ``NAME@HOST``."""
    several = len({each.host for each in rebuilt if each.host}) > 1
    return f"{netns.name}@{netns.host}" if several and netns.host else netns.name


def path_of(netns: Netns) -> str:
    """Return the placeholder for the path of a namespace.

    The path itself is known only after the namespace is made."""
    return f"<netns {netns.host}/{netns.name}>"
