"""Routes, policy rules, neighbours, forwarding database.

Each value has its source: ``evidence`` is the id of its reading, ``entry`` the number of its JSON element or text line
there, from 1; 0: it was not read.  Source: ip-route(8), ip-rule(8), ip-neighbour(8), bridge(8).
"""

from typing import Literal

import msgspec

TABLE_DEFAULT, TABLE_MAIN, TABLE_LOCAL = 253, 254, 255
RouteType = Literal["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
                    "throw", "nat"]  # fmt: skip


class NextHop(msgspec.Struct, frozen=True):
    """A next hop: a gateway (None: on link) and a link.  ``gateway`` may be of the other family (``via inet6``)."""

    link: str | None
    gateway: int | None = None
    gateway_version: Literal[4, 6] | None = None
    weight: int = 1
    dead: bool = False
    linkdown: bool = False
    onlink: bool = False
    encap: str = ""
    """The encapsulation of packets that take this next hop: mpls ip ip6 seg6 bpf … (``ip route add … encap``)."""


class Route(msgspec.Struct, frozen=True, tag="route", tag_field="kind"):
    """One route.  ``destination`` is the network's integer, ``prefix_length`` 0 for the default route."""

    version: Literal[4, 6]
    destination: int
    prefix_length: int
    table: int = TABLE_MAIN
    type: RouteType = "unicast"
    next_hops: tuple[NextHop, ...] = ()
    metric: int = 0
    prefsrc: int | None = None
    scope: str = "global"
    protocol: str = ""
    tos: int = 0
    source: tuple[int, int] | None = None
    """IPv6 ``from``: network, prefix length."""
    mtu_bytes: int | None = None
    evidence: str = ""
    entry: int = 0


class PolicyRule(msgspec.Struct, frozen=True, tag="policy-rule", tag_field="kind"):
    """One ``ip rule``.  ``action``: table, goto, nop, blackhole, unreachable, prohibit.  ``sports`` and ``dports`` are
    inclusive ranges.  A selector of None matches every packet.  ``mark`` is (value, mask).

    ``tos`` is the byte.  IPv4 compares it whole if it was given as ``dscp`` (``whole_dscp``), and without its three
    high bits if it was given as ``tos``.
    """

    version: Literal[4, 6]
    priority: int
    action: Literal["table", "goto", "nop", "blackhole", "unreachable", "prohibit"] = "table"
    table: int | None = None
    goto: int | None = None
    source: tuple[int, int] | None = None
    destination: tuple[int, int] | None = None
    iif: str | None = None
    oif: str | None = None
    mark: tuple[int, int] | None = None
    tos: int | None = None
    whole_dscp: bool = False
    protocol: int | None = None
    sports: tuple[int, int] | None = None
    dports: tuple[int, int] | None = None
    uids: tuple[int, int] | None = None
    l3mdev: bool = False
    inverted: bool = False
    suppress_prefix_length: int | None = None
    suppress_group: str | None = None
    unknown_selectors: tuple[str, ...] = ()
    """Selectors that hairpin does not model (``tun_id`` …): it cannot tell whether the rule applies."""
    text: str = ""
    evidence: str = ""
    entry: int = 0


BROADCAST = (1 << 48) - 1
"""The hardware address of all machines on a link."""


class Neighbour(msgspec.Struct, frozen=True, tag="neighbour", tag_field="kind"):
    """A neighbour entry.  ``state``: REACHABLE STALE DELAY PROBE PERMANENT NOARP INCOMPLETE FAILED NONE."""

    link: str
    version: Literal[4, 6]
    value: int
    mac: int | None
    state: str
    proxy: bool = False
    evidence: str = ""
    entry: int = 0

    @property
    def static(self) -> bool:
        """Whether the kernel uses it without ever resolving it.  Source: include/net/neighbour.h NUD_CONNECTED"""
        return self.state in ("PERMANENT", "NOARP") and not self.proxy


class FdbEntry(msgspec.Struct, frozen=True, tag="fdb-entry", tag_field="kind"):
    """A bridge forwarding entry: frames to ``mac`` leave by ``port``.  ``local``: the bridge's own.  ``remote``: a
    tunnel's outer destination, and ``via`` the link that the outer packet is bound to."""

    bridge: str | None
    port: str
    mac: int
    vlan: int | None = None
    state: str = ""
    local: bool = False
    remote: int | None = None
    via: str | None = None
    evidence: str = ""
    entry: int = 0
