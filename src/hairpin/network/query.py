"""What a route lookup asks by, and what it finds."""

from typing import Literal

import msgspec

from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.network.prefix import Version


class Scope(msgspec.Struct, frozen=True, gc=False):
    """Which links a lookup's routes may go by."""

    oif: str | None = None
    """The link that the packet is bound to.  Policy rules see it, and only routes by it will do."""
    strict: str | None = None
    """Only routes by this link will do (IPv6 link-local addresses), though policy rules do not see it as ``oif``."""
    prefers: str | None = None
    """Policy rules see this link as ``oif``, too, but where no route of the longest prefix goes by it another route
    will do (IPv6 without RT6_LOOKUP_F_IFACE)."""
    weakly: bool = False
    """``prefers`` chooses only among routes of one metric, as for packets that are sent (not for what rules ask)."""
    vrf: str | None = None
    """The VRF whose table policy rules with ``l3mdev`` ask: that of ``oif`` or ``iif``, unless it is said."""
    names_vrf: bool = False
    """Policy rules may name that VRF as ``iif`` or ``oif``, too."""
    ignores_linkstate: bool = False
    """Routes by a link without carrier count, whatever ``ignore_routes_with_linkdown`` says (reverse path matches)."""


class Query(msgspec.Struct, frozen=True, gc=False):
    """What a lookup asks by: the flow key that policy rules and routes compare (``struct flowi``), and the scope.

    ``iif`` is ``lo`` for packets that start here."""

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
"""What a lookup finds that leads nowhere."""


class Found(msgspec.Struct, frozen=True):
    """The answer: route and the ways on (more than one: multipath).  ``rule`` led to its table."""

    type: Literal["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
                  "none"]  # fmt: skip
    route: Route | None = None
    next_hops: tuple[NextHop, ...] = ()
    rule: PolicyRule | None = None


NO_ROUTE = Found("none")
