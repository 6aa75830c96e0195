"""The key of a route lookup, and its result."""

from typing import Literal

import msgspec

from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.network.prefix import Version


class Scope(msgspec.Struct, frozen=True, gc=False):
    """The links that the routes of a lookup may use, and the links that policy rules see."""

    oif: str | None = None
    """The link to which the packet is bound.  Policy rules see this link as ``oif``, and the route must use it."""
    strict: str | None = None
    """The link that the route must use (IPv6 link-local addresses), but that policy rules do not see as ``oif``."""
    prefers: str | None = None
    """The link that policy rules see as ``oif`` and that IPv6 prefers.  If no route with the longest prefix uses this
    link, IPv6 uses a route by another link: no RT6_LOOKUP_F_IFACE."""
    weakly: bool = False
    """Whether ``prefers`` only chooses among routes of equal metric, as for packets that are sent (not for lookups by
    rules)."""
    vrf: str | None = None
    """The VRF whose table policy rules with ``l3mdev`` use.  If it is None, rules with ``l3mdev`` use the VRF of
    ``oif`` or ``iif``."""
    names_vrf: bool = False
    """Whether policy rules may also match the VRF as ``iif`` or ``oif``."""
    ignores_linkstate: bool = False
    """Whether routes by a link without carrier count even with ``ignore_routes_with_linkdown`` (for rpfilter and
    ``fib``)."""


class Query(msgspec.Struct, frozen=True, gc=False):
    """The key of a route lookup: the fields that policy rules and routes compare (``struct flowi``), and the scope.

    ``iif`` is ``lo`` for packets that the namespace itself sends.
    """

    version: Version
    daddr: int
    saddr: int = 0
    iif: str = "lo"
    mark: int = 0
    tos: int = 0
    protocol: int | None = None
    sport: int | None = None
    dport: int | None = None
    uid: int | None = None
    scope: Scope = Scope()


NO_WAY = ("none", "blackhole", "unreachable", "prohibit")
"""The types of a route lookup's result that give no usable next hop."""


class Found(msgspec.Struct, frozen=True):
    """The result of a route lookup: the route, its usable next hops (several if it is multipath), and the policy rule
    that led to the route's table."""

    type: Literal["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
                  "none"]  # fmt: skip
    route: Route | None = None
    next_hops: tuple[NextHop, ...] = ()
    rule: PolicyRule | None = None


NO_ROUTE = Found("none")
