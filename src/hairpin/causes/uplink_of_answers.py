"""Makes the changes that send packets with an uplink's address out by that uplink.

The kernel undoes DNAT of a container's answer only after routing.  At the route lookup the answer still has the
container's source address, so no policy rule for the uplink's address matches it.  A bit of the connection's mark
therefore tells by which uplink the client's packet came in.

Source: net/netfilter/nf_nat_core.c nf_nat_packet(); ip-rule(8)
"""

from collections.abc import Iterator

from hairpin.change.change import AddEntry, Change, Primitive
from hairpin.change.intent import MarkAnswers, rendered
from hairpin.host.host import Namespace
from hairpin.host.route import TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.network.uplinks import default_route_by, gateway_of, way_behind
from hairpin.walk.trace import ForeignSource

_BITS = (0x100000, 0x200000, 0x400000, 0x800000)
"""Bits of a mark that are free on most hosts: kube-proxy has 0x4000 and 0x8000, tailscale 0x40000 and 0x80000."""
_FIRST_TABLE, _LAST_TABLE = 100, 252
_USUAL_PRIORITY = 90


def ways_home(network: Network, about: ForeignSource) -> Iterator[Change]:
    """Yield the changes after which packets with the uplink's address may leave by that uplink, the narrowest first.

    The first change is for the host's own packets, the second for answers of containers, the third for both.  Yield
    nothing if no route names a router behind the uplink."""
    namespace = network.namespace(about.netns)
    table = _table(namespace, about)
    bit = _free_bit(namespace)
    if table is None or bit is None:
        return
    number, made = table
    priority = _priority(namespace, about.version)
    source = (about.source, 32 if about.version == 4 else 128)
    # The uplink's table has only a default route, so packets to the host's own networks must still use the routes of
    # the main table.
    near = PolicyRule(about.version, priority - 1, table=TABLE_MAIN, source=source, suppress_prefix_length=0)
    own = PolicyRule(about.version, priority, table=number, source=source)
    marked = PolicyRule(about.version, priority, table=number, mark=(bit, bit))
    marking = rendered(MarkAnswers(about.netns, about.version, about.home, bit), network).parts
    for_own: tuple[Primitive, ...] = (AddEntry(about.netns, near), AddEntry(about.netns, own))
    for_answers: tuple[Primitive, ...] = (*marking, AddEntry(about.netns, marked))
    for parts in (for_own, for_answers, (*for_own, *for_answers)):
        yield Change((*made, *parts))


def _table(namespace: Namespace, about: ForeignSource) -> tuple[int, tuple[AddEntry, ...]] | None:
    """Return the number of a table whose default route leaves by the uplink.

    If no table has a default route by the uplink, return an unused table number and the route to add."""
    known = default_route_by(namespace, about.version, about.home)
    if known is not None:
        return known.table, ()
    way = way_behind(namespace, about.version, about.home)
    gateway = gateway_of(way, about.home) if way is not None else None
    used = {each.table for each in namespace.routes} | {each.table for each in namespace.rules}
    free = next((each for each in range(_FIRST_TABLE, _LAST_TABLE) if each not in used), None)
    if gateway is None or free is None:
        return None
    hop = NextHop(about.home, gateway)
    return free, (AddEntry(about.netns, Route(about.version, 0, 0, free, next_hops=(hop,))),)


def _free_bit(namespace: Namespace) -> int | None:
    """Return a mark bit that is in no policy rule's mask.  Masks of all bits do not count."""
    masks = [each.mark[1] for each in namespace.rules if each.mark is not None and each.mark[1] != 0xFFFFFFFF]
    return next((bit for bit in _BITS if not any(mask & bit for mask in masks)), None)


def _priority(namespace: Namespace, version: Version) -> int:
    """Return a rule priority before all other rules except the rule for table local.

    The next lower priority number is free, too."""
    first = min((each.priority for each in namespace.rules if each.version == version and each.priority), default=32766)
    return max(2, min(_USUAL_PRIORITY, first - 1))
