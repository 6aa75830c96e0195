"""The key of a route lookup, and its result."""

from typing import Literal

import msgspec

from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.network.prefix import Version


class Scope(msgspec.Struct, frozen=True, gc=False):
    """Which links the routes of a lookup may use."""

    oif: str | None = None
    """The link that the packet is bound to.  Policy rules see it, and the route must use it."""
    strict: str | None = None
    """The route must use this link (IPv6 link-local addresses), but policy rules do not see it as ``oif``."""
    prefers: str | None = None
    """Policy rules see this link as ``oif``.  If no longest-prefix route uses this link, a route by another link is
    used: IPv6 without RT6_LOOKUP_F_IFACE.
    """
    weakly: bool = False
    """``prefers`` chooses only among routes of equal metric: for packets that are sent, not for lookups by rules."""
    vrf: str | None = None
    """The VRF for policy rules with ``l3mdev``.  None: that of ``oif`` or ``iif``."""
    names_vrf: bool = False
    """Policy rules may match that VRF as ``iif`` or ``oif`` too."""
    ignores_linkstate: bool = False
    """Routes by a link without carrier count even with ``ignore_routes_with_linkdown`` (reverse path matches)."""


class Query(msgspec.Struct, frozen=True, gc=False):
    """The key of a lookup: the fields that policy rules and routes compare (``struct flowi``), and the scope.

    ``iif`` is ``lo`` for packets that start here.
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
"""Results of a lookup without a usable next hop."""


class Found(msgspec.Struct, frozen=True):
    """The result: the route and its next hops (several: multipath).  ``rule`` led to its table."""

    type: Literal["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
                  "none"]  # fmt: skip
    route: Route | None = None
    next_hops: tuple[NextHop, ...] = ()
    rule: PolicyRule | None = None


NO_ROUTE = Found("none")
