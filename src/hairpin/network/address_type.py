"""The type of an address, for ``-m addrtype`` and for nft ``fib … type``, which determine the type differently.

Source: net/ipv4/fib_frontend.c __inet_dev_addr_type(); net/netfilter/xt_addrtype.c match_type6();
net/ipv6/netfilter/nft_fib_ipv6.c __nft_fib6_eval_type()
"""

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import is_zero4
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, Route
from hairpin.network.network import addresses_of, owns_address
from hairpin.network.prefix import BROADCAST4, Version, is_multicast
from hairpin.network.query import Found, Query, Scope
from hairpin.network.routing import lookup, tables_are_one, usable_hops
from hairpin.network.tables import routes_covering

_BY_ROUTE6 = frozenset(("local", "anycast", "unreachable"))


def address_type4(namespace: Namespace, value: int, link: str | None = None) -> str:
    """Return the type of an IPv4 address by the local table, without policy rules.

    If ``link`` is given, an address whose route uses another link is ``unicast``.
    """
    if is_zero4(namespace.kernel, value) or value == BROADCAST4:
        return "broadcast"
    if is_multicast(value, 4):
        return "multicast"
    tables = (TABLE_LOCAL, TABLE_MAIN) if tables_are_one(namespace) else (TABLE_LOCAL,)
    best: Route | None = None
    for route in (each for table in tables for each in routes_covering(namespace, 4, table, value)):
        if route.tos:
            continue
        ignored = route.next_hops and not usable_hops(namespace, Query(4, value), route)
        if (best is None or _goes_before(route, best)) and not ignored:
            best = route
    if best is None or best.type in ("throw", "blackhole", "unreachable", "prohibit"):
        return "unicast"
    if link is not None and (not best.next_hops or best.next_hops[0].link != link):
        return "unicast"
    return best.type


def is_to_many(namespace: Namespace, version: Version, value: int) -> bool:
    """Return whether the address is broadcast or multicast.  The kernel derives the hardware address of such an address
    without an ARP request.

    Source: net/ipv4/arp.c arp_constructor(), net/ipv6/ndisc.c ndisc_constructor()
    """
    if version == 6:
        return is_multicast(value, 6)
    return address_type4(namespace, value) in ("broadcast", "multicast")


def is_source4(namespace: Namespace, value: int) -> bool:
    """Return whether IPv4 accepts the address as a source address: a link has it, or the local table makes it local.

    Source: net/ipv4/route.c ip_route_output_key_hash_rcu(), net/ipv4/devinet.c __ip_dev_find()
    """
    return owns_address(namespace, 4, value) or address_type4(namespace, value) == "local"


def _goes_before(one: Route, other: Route) -> bool:
    """Return whether the first route takes precedence: by the longer prefix, then the table (local before main), then
    the smaller metric."""
    return (-one.prefix_length, -one.table, one.metric) < (-other.prefix_length, -other.table, other.metric)


def address_type6(namespace: Namespace, query: Query, link: str | None = None) -> str:
    """Return the type that nft gives an IPv6 address: by a route lookup as for a local packet, then by the address's
    form.

    If ``link`` is given, only the addresses of that link are local.
    """
    found = lookup(namespace, query)
    if found.type in ("blackhole", "prohibit"):
        return found.type
    if found.type in ("none", "unreachable"):
        return "unreachable"
    if names_a_network(found, query.daddr):
        return "anycast"
    if found.type == "local" if link is None else _has(namespace, link, query.daddr):
        return "local"
    if is_multicast(query.daddr, 6):
        return "multicast"
    return "unspec" if query.daddr == 0 else "unicast"


def address_fits6(namespace: Namespace, value: int, types: frozenset[str], link: str | None = None) -> bool:
    """Return whether the address satisfies ip6tables' ``-m addrtype`` with these types.  The address must have all
    given types that depend on its form.  If types that depend on the address's route are given, the address must have
    one of these types."""
    forms = {"multicast": is_multicast(value, 6), "unicast": value != 0 and not is_multicast(value, 6),
             "unspec": value == 0}  # fmt: skip
    if not all(holds for name, holds in forms.items() if name in types):
        return False
    asked = types & _BY_ROUTE6
    if not asked:
        return True
    found = lookup(namespace, Query(6, value, scope=Scope(oif=link)))
    if found.type in ("none", "unreachable", "blackhole", "prohibit"):
        return "unreachable" in asked
    kinds = {"anycast"} if names_a_network(found, value) else set[str]()
    if found.type == "local" and link is None:
        kinds.add("local")
    if link is not None and _has(namespace, link, value):
        kinds.add("local")
    return not asked.isdisjoint(kinds)


def names_a_network(found: Found, value: int) -> bool:
    """Return whether the address is anycast: by its route, or as the first address (subnet-router anycast) of an
    on-link network.

    Source: include/net/ip6_route.h ipv6_anycast_destination()
    """
    if found.type == "anycast":
        return True
    route = found.route
    if route is None or route.prefix_length >= 127 or route.destination != value:
        return False
    return found.type in ("unicast", "local") and all(hop.gateway is None for hop in found.next_hops)


def _has(namespace: Namespace, link: str, value: int) -> bool:
    return any(each.value == value for each in addresses_of(namespace, link, 6) if not each.tentative)
