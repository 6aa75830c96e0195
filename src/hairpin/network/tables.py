"""The routes of a routing table to an address, by precedence.

Source: net/ipv4/fib_trie.c fib_table_lookup(), net/ipv6/ip6_fib.c fib6_node_lookup()
"""

from collections.abc import Iterator

from hairpin.host.host import Namespace
from hairpin.host.route import Route
from hairpin.kept import kept
from hairpin.network.prefix import Version, inside, width
from hairpin.network.query import Query


def by_precedence(namespace: Namespace, query: Query, table: int) -> Iterator[Route]:
    """Yield the table's routes to the address by precedence.

    The route with the longest prefix comes first, then the longest source prefix, then TOS, metric and order of entry.
    """
    version = query.version
    fitting = [route for route in routes_covering(namespace, version, table, query.daddr) if fits_tos(route.tos, query)]
    if len(fitting) == 1 and fitting[0].source is None:
        yield fitting[0]
        return
    if any(route.source is not None for route in fitting):
        fitting = _of_source(fitting, query)
    fitting.sort(
        key=lambda route: (
            -route.prefix_length,
            -(route.source or (0, 0))[1],
            -route.tos,
            route.metric if query.scope.weakly else 0,
            _is_by_another(route, query),
            route.metric,
        )
    )
    yield from fitting


def routes_covering(namespace: Namespace, version: Version, table: int, value: int) -> Iterator[Route]:
    """Yield the table's routes whose prefix contains the address.  Routes with prefixes of one length are in order of
    entry."""
    bits = width(version)
    for length, routes in _tables(namespace).get((version, table), _NO_ROUTES).items():
        yield from routes.get(value >> (bits - length), ())


_NO_ROUTES: dict[int, dict[int, list[Route]]] = {}


@kept
def _tables(namespace: Namespace) -> dict[tuple[Version, int], dict[int, dict[int, list[Route]]]]:
    """Return the routes by IP version and table, then by the length and the bits of their prefix, in order of entry.

    Hosts have many routes: with 200 containers, a link-local route for each veth."""
    tables: dict[tuple[Version, int], dict[int, dict[int, list[Route]]]] = {}
    for route in namespace.routes:
        bits = route.destination >> (width(route.version) - route.prefix_length)
        by_length = tables.setdefault((route.version, route.table), {})
        by_length.setdefault(route.prefix_length, {}).setdefault(bits, []).append(route)
    return tables


def _of_source(routes: list[Route], query: Query) -> list[Route]:
    """Return the routes that the query's source may use.

    If a prefix has routes with ``from``, but none of them matches, IPv6 also skips the prefix's routes without ``from``
    and tries the next shorter prefix.

    Source: net/ipv6/ip6_fib.c fib6_node_lookup_1()
    """
    fits = [route.source is None or inside(query.saddr, *route.source, query.version) for route in routes]
    special = {route.prefix_length for route in routes if route.source is not None}
    found = {route.prefix_length for route, good in zip(routes, fits, strict=True) if route.source is not None and good}
    shut = special - found
    return [route for route, good in zip(routes, fits, strict=True) if good and route.prefix_length not in shut]


def _is_by_another(route: Route, query: Query) -> bool:
    return query.scope.prefers is not None and all(hop.link != query.scope.prefers for hop in route.next_hops)


def fits_tos(tos: int, query: Query, *, whole: bool = False) -> bool:
    """Return whether the TOS of a policy rule or route (0: any TOS) equals the packet's.

    Source: net/ipv4/fib_rules.c fib4_rule_match(), include/net/ip_fib.h fib_dscp_masked_match()
    """
    return tos in (0, query.tos if whole or query.version == 6 else query.tos & _TOS4)


_TOS4 = 0x1C
"""The bits of the TOS that IPv4 routing compares: IPTOS_RT_MASK."""


def has_default_route(namespace: Namespace, version: Version) -> bool:
    """Return whether the namespace has a default route of that version in any table."""
    return any(0 in by_length for (of_version, _), by_length in _tables(namespace).items() if of_version == version)
