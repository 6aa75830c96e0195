"""Adds and deletes single entries of a namespace's tables: addresses, routes, policy rules, neighbour and forwarding
entries, policies of IPsec.  This module does not check whether an entry exists: the expectations of a step
(``expect.py``) check the existence."""

from typing import assert_never

import msgspec

from hairpin.change.change import Entry, ReplaceEntry
from hairpin.change.simulation.addresses import with_address, without_address
from hairpin.change.simulation.links import on_wire
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import TABLE_MAIN, FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import message
from hairpin.network.prefix import LINK_LOCAL6, Version, address_text
from hairpin.network.query import Query, Scope
from hairpin.network.routing import lookup
from hairpin.network.tables import by_precedence

_replace = msgspec.structs.replace


TABLES: dict[type[Entry], str] = {
    Address: "addresses", Route: "routes", PolicyRule: "rules", Neighbour: "neighbours", FdbEntry: "fdb",
    XfrmPolicy: "xfrm_policies",
}  # fmt: skip
"""The field of a namespace that has the entries of each type."""


def table_of(namespace: Namespace, entry: Entry) -> tuple[Entry, ...]:
    """Return all entries of the namespace that have the same type as the entry."""
    found: tuple[Entry, ...] = getattr(namespace, TABLES[type(entry)])
    return found


def with_entry(namespace: Namespace, entry: Entry) -> Namespace:
    """Return the namespace with the entry added to its table."""
    match entry:
        case Address():
            return with_address(namespace, entry)
        case Route():
            _check_links(namespace, entry)
            check_gateways(namespace, entry)
            return _replace(namespace, routes=(*namespace.routes, _on_wires(namespace, entry)))
        case PolicyRule():
            return _replace(namespace, rules=_in_order(namespace.rules, entry))
        case Neighbour():
            # The entry replaces an entry with the same address, whether it was learned or added by hand.
            others = tuple(each for each in namespace.neighbours if neighbour_slot(each) != neighbour_slot(entry))
            return _replace(namespace, neighbours=(*others, entry))
        case FdbEntry():
            return _replace(namespace, fdb=(*namespace.fdb, entry))
        case XfrmPolicy():
            # net/xfrm/xfrm_policy.c xfrm_policy_insert_list(): the kernel adds the policy after all policies of the
            # same priority
            policies = sorted((*namespace.xfrm_policies, entry), key=lambda each: each.priority)
            return _replace(namespace, xfrm_policies=tuple(policies))
        case _:
            assert_never(entry)


def _check_links(namespace: Namespace, route: Route) -> None:
    """Raise ChangeError for a route by a link that is not up.

    Source: net/ipv4/fib_semantics.c fib_check_nh(), net/ipv6/route.c fib6_nh_init(): ENETDOWN
    """
    for hop in route.next_hops:
        link = namespace.link(hop.link) if hop.link is not None else None
        if link is not None and not link.up:
            raise ChangeError(message("{link} is down, and the kernel accepts no route through it", link=link.name))


def with_other_entry(namespace: Namespace, part: ReplaceEntry) -> Namespace:
    """Return the namespace in which the new entry replaces the old entry.  Raises ChangeError if the kernel would
    replace another entry, or no entry.

    Source: net/ipv4/fib_trie.c fib_table_insert(), net/ipv6/ip6_fib.c fib6_add_rt2node(): the first route of the same
    prefix, TOS and metric; drivers/net/vxlan/vxlan_core.c vxlan_fdb_replace(): the first remote
    """
    before = part.before
    match part.entry:
        case Route() as route:
            alone = isinstance(before, Route) and is_alone(namespace.routes, before)
            if not alone or not isinstance(before, Route) or route_slot(before) != route_slot(route):
                raise ChangeError(
                    message(
                        "the route for {prefix} cannot be replaced: there is no such route, or more than one",
                        prefix=str(route.prefix),
                    )
                )
            added = with_entry(namespace, route).routes[-1]
            named = as_named(before)
            routes = tuple(added if as_named(each) == named else each for each in namespace.routes)
            return _replace(namespace, routes=routes)
        case FdbEntry() as entry:
            same = (
                isinstance(before, FdbEntry)
                and is_alone_in_fdb(namespace.fdb, before)
                and fdb_slot(before) == fdb_slot(entry)
            )
            if not same:
                raise ChangeError(
                    message(
                        "the forwarding entry on {port} cannot be replaced: there is no such entry, or more than one",
                        port=entry.port,
                    )
                )
            return _replace(namespace, fdb=tuple(entry if each == before else each for each in namespace.fdb))
        case _:
            assert_never(part.entry)


def is_alone(routes: tuple[Route, ...], route: Route) -> bool:
    """Return whether no other route has the route's slot.  ``ip route replace`` replaces a route that is alone in its
    slot."""
    return [as_named(each) for each in routes if route_slot(each) == route_slot(route)] == [as_named(route)]


def as_named(route: Route) -> Route:
    """Return the route in the form in which a command writes it: without the kernel's link flags.  The flags may be
    outdated, because an earlier change may have brought a link up."""
    if not any(each.dead or each.linkdown for each in route.next_hops):
        return route
    return _replace(route, next_hops=tuple(_replace(each, dead=False, linkdown=False) for each in route.next_hops))


def is_alone_in_fdb(entries: tuple[FdbEntry, ...], entry: FdbEntry) -> bool:
    """Return whether the forwarding entry can be replaced: it belongs to a VXLAN, its hardware address is unicast, and
    the address has one remote."""
    unicast = entry.mac != 0 and not entry.mac >> 40 & 1
    own = [each for each in entries if fdb_slot(each) == fdb_slot(entry)] == [entry]
    return entry.bridge is None and entry.remote is not None and unicast and own


def route_slot(route: Route) -> tuple[object, ...]:
    """Return the fields that two routes cannot share.

    For a second route with these fields, ``ip route add`` fails with "File exists".

    IPv6 keeps the routes of each source in a separate tree: net/ipv6/ip6_fib.c fib6_add(), CONFIG_IPV6_SUBTREES."""
    return route.version, route.table, route.destination, route.prefix_length, route.metric, route.tos, route.source


def fdb_slot(entry: FdbEntry) -> tuple[object, ...]:
    """Return the fields by which a link finds a forwarding entry."""
    return entry.bridge, entry.port, entry.mac, entry.vlan


def neighbour_slot(entry: Neighbour) -> tuple[object, ...]:
    """Return the fields that two neighbour entries cannot share."""
    return entry.link, entry.version, entry.value, entry.proxy


def _on_wires(namespace: Namespace, route: Route) -> Route:
    return _replace(route, next_hops=tuple(_flagged(namespace, route.version, hop) for hop in route.next_hops))


def _flagged(namespace: Namespace, version: Version, hop: NextHop) -> NextHop:
    link = namespace.link(hop.link) if hop.link is not None else None
    return on_wire(namespace, version, hop, link) if link is not None and link.up else hop


def check_gateways(namespace: Namespace, route: Route) -> None:
    """Raise ChangeError if the kernel would refuse a gateway of the route.

    The kernel looks the gateway up, first in the route's table, then by the policy rules.  The lookup has to find a
    route that uses the next hop's link and has no gateway.
    Source: net/ipv4/fib_semantics.c fib_check_nh_v4_gw(), net/ipv6/route.c ip6_route_check_nh()
    """
    for hop in route.next_hops:
        version = hop.gateway_version or route.version
        if hop.gateway is None or hop.onlink or (LINK_LOCAL6.holds(hop.gateway, version)):
            continue
        query = Query(version, hop.gateway, scope=Scope(oif=hop.link))
        own = by_precedence(namespace, query, route.table) if route.table != TABLE_MAIN else iter(())
        way = next((each for each in own if _is_by(each, hop)), None) or lookup(namespace, query).route
        if way is None or not _leads_to_one(way, hop) or any(each.gateway is not None for each in way.next_hops):
            raise ChangeError(
                message("gateway {gateway} is in the network of no link", gateway=address_text(hop.gateway, version))
            )


def _is_by(route: Route, hop: NextHop) -> bool:
    return any(each.link == hop.link for each in route.next_hops)


def _leads_to_one(route: Route, hop: NextHop) -> bool:
    return _is_by(route, hop) and (route.version == 6 or route.type in ("unicast", "local"))


def without_entry(namespace: Namespace, entry: Entry) -> Namespace:
    """Return the namespace with the entry deleted from its table."""
    match entry:
        case Address():
            return without_address(namespace, entry)
        case Route():
            named = as_named(entry)
            return _replace(namespace, routes=tuple(each for each in namespace.routes if as_named(each) != named))
        case _:
            kept = tuple(each for each in table_of(namespace, entry) if each != entry)
            return _replace(namespace, **{TABLES[type(entry)]: kept})


def _in_order(rules: tuple[PolicyRule, ...], added: PolicyRule) -> tuple[PolicyRule, ...]:
    """Return the policy rules with the added rule after all rules of the same priority.

    Source: net/core/fib_rules.c fib_nl_newrule()
    """
    later = [
        number for number, each in enumerate(rules) if (each.version, each.priority) > (added.version, added.priority)
    ]
    at = later[0] if later else len(rules)
    return (*rules[:at], added, *rules[at:])
