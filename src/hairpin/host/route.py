"""Routes, policy rules, neighbours, forwarding database.

Each value has its source: ``evidence`` is the id of its reading, and ``entry`` the number of its JSON element or text
line in that reading, from 1.  ``entry`` is 0 for a value that is in no reading, such as a route that a simulated change
adds.  Source: ip-route(8), ip-rule(8), ip-neighbour(8), bridge(8).
"""

from typing import Annotated, Literal

import msgspec

from hairpin.field import of
from hairpin.netfilter.address import Prefix, Version, inside

TABLE_DEFAULT, TABLE_MAIN, TABLE_LOCAL = 253, 254, 255
RouteType = Literal["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
                    "throw", "nat"]  # fmt: skip


class NextHop(msgspec.Struct, frozen=True):
    """A next hop: a gateway and a link.  ``gateway``: None if the destination is on the link.  The gateway may be of
    the other family (``via inet6``)."""

    link: Annotated[str | None, of("link")]
    gateway: Annotated[int | None, of("address")] = None
    gateway_version: Literal[4, 6] | None = None
    weight: int = 1
    dead: Annotated[bool, of(diff="never", rebuilt=False)] = False
    linkdown: Annotated[bool, of(diff="never", rebuilt=False)] = False
    onlink: bool = False
    encap: str = ""
    """The encapsulation of packets that take this next hop (``ip route add … encap``): mpls, ip, ip6, seg6, bpf …"""


class Route(msgspec.Struct, frozen=True, tag="route", tag_field="kind"):
    """One route.  ``destination``: the address of the destination network as an integer.  ``prefix_length``: 0 for the
    default route."""

    version: Literal[4, 6]
    destination: Annotated[int, of("address")]
    prefix_length: int
    table: int = TABLE_MAIN
    type: RouteType = "unicast"
    next_hops: tuple[NextHop, ...] = ()
    metric: int = 0
    prefsrc: Annotated[int | None, of("address")] = None
    scope: Annotated[str, of(diff="never")] = "global"
    protocol: Annotated[str, of(diff="never")] = ""
    tos: int = 0
    source: tuple[int, int] | None = None
    """The selector ``from`` of an IPv6 route: network and prefix length."""
    mtu_bytes: int | None = None
    nexthop_id: int | None = None
    """The next hop object (``ip nexthop``) that the route uses.  The kernel selects such a route only by this id:
    net/ipv4/fib_semantics.c fib_nh_match()"""
    evidence: str = ""
    entry: int = 0

    @property
    def prefix(self) -> Prefix:
        """The destination network."""
        return Prefix(self.version, self.destination, self.prefix_length)

    def holds(self, value: int, version: Version) -> bool:
        """Return whether the address is in the destination network."""
        return version == self.version and inside(value, self.destination, self.prefix_length, version)


class WithoutGateway(msgspec.Struct, frozen=True):
    """A route without a gateway to machines that are in no network of the link's addresses.  The kernel asks for each
    of these machines on the link (ARP, neighbour discovery).  ``router``: the gateway of another route by the link."""

    route: Route
    router: int | None = None


class PolicyRule(msgspec.Struct, frozen=True, tag="policy-rule", tag_field="kind"):
    """One policy rule (``ip rule``).  ``action``: table, goto, nop, blackhole, unreachable or prohibit.  ``sports`` and
    ``dports`` are inclusive ranges.  A selector that is None matches every packet.  ``mark``: the value and the mask.

    ``tos``: the TOS byte.  IPv4 compares the whole byte if it was given as ``dscp`` (``whole_dscp``).  If the byte was
    given as ``tos``, IPv4 compares it without its three high bits.
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
    suppress_group: Annotated[str | None, of(rebuilt=False)] = None
    unknown_selectors: Annotated[tuple[str, ...], of(rebuilt=False)] = ()
    """The rule's selectors that hairpin does not model (``tun_id`` …).  If there are such selectors, hairpin cannot
    tell whether the rule applies."""
    text: Annotated[str, of(walked=False, diff="never", rebuilt=False)] = ""
    evidence: str = ""
    entry: int = 0


BROADCAST = (1 << 48) - 1
"""The broadcast hardware address, which means all machines on a link."""


class Neighbour(msgspec.Struct, frozen=True, tag="neighbour", tag_field="kind"):
    """A neighbour entry.  ``state``: REACHABLE, STALE, DELAY, PROBE, PERMANENT, NOARP, INCOMPLETE, FAILED or NONE."""

    link: Annotated[str, of("link")]
    version: Literal[4, 6]
    value: Annotated[int, of("address")]
    mac: Annotated[int | None, of("mac")]
    state: str
    proxy: bool = False
    evidence: str = ""
    entry: int = 0
    router: Annotated[bool, of(rebuilt=False)] = False
    """Whether the neighbour has said that it is an IPv6 router, in an advertisement (NTF_ROUTER)."""

    @property
    def static(self) -> bool:
        """Whether the kernel uses the entry without ever resolving the address.  Source: include/net/neighbour.h
        NUD_CONNECTED"""
        return self.state in ("PERMANENT", "NOARP") and not self.proxy

    @property
    def unanswered(self) -> bool:
        """Whether the neighbour has not answered the kernel's last request."""
        return self.state in ("FAILED", "INCOMPLETE")


LEARNED = ("REACHABLE", "STALE", "DELAY", "PROBE")
"""The states of a learned neighbour entry that the kernel uses without resolving the neighbour first."""


class Redirect(msgspec.Struct, frozen=True):
    """A redirect that the kernel learned from ICMP: packets to ``value`` go to ``gateway``, whatever the route says."""

    version: Literal[4, 6]
    value: int
    gateway: int
    link: str


class FdbEntry(msgspec.Struct, frozen=True, tag="fdb-entry", tag_field="kind"):
    """A bridge forwarding entry: frames to ``mac`` leave by ``port``.  ``local``: whether the address is the bridge's
    own.  ``remote``: the outer destination of a tunnel.  ``via``: the link to which the outer packet is bound.
    ``sticky``: whether the entry keeps its port even if a frame from the address comes in by another port."""

    bridge: str | None
    port: Annotated[str, of("link")]
    mac: Annotated[int, of("mac")]
    vlan: int | None = None
    state: str = ""
    local: Annotated[bool, of(rebuilt=False)] = False
    remote: int | None = None
    via: str | None = None
    sticky: Annotated[bool, of(rebuilt=False)] = False
    evidence: str = ""
    entry: int = 0
