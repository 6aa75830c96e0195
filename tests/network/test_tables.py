"""Tables by prefix: the same routes as a look at each one finds."""

import random

from hairpin.host.host import Namespace
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.network.prefix import Version, inside, width
from hairpin.network.query import Query
from hairpin.network.tables import by_precedence, has_default_route, routes_covering
from tests.rows import each_row

VERSIONS: tuple[Version, ...] = (4, 6)


@each_row("seed", range(20))
def test_routes_covering_an_address(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    routes: list[Route] = []
    for _ in range(60):
        version = draw.choice(VERSIONS)
        length = draw.choice((0, 1, 8, 24, width(version)))
        # A few bits, so that prefixes meet; bits below the prefix count for nothing.
        first = draw.getrandbits(4) << (width(version) - 4) | draw.getrandbits(3)
        routes.append(Route(version, first, length, draw.choice((TABLE_MAIN, 100))))
    namespace = Namespace("host", routes=tuple(routes))
    for version in VERSIONS:
        value = draw.getrandbits(4) << (width(version) - 4) | draw.getrandbits(3)
        found = list(routes_covering(namespace, version, TABLE_MAIN, value))
        wanted = [
            each
            for each in routes
            if (each.version, each.table) == (version, TABLE_MAIN)
            and inside(value, each.destination, each.prefix_length, version)
        ]
        assert sorted(map(id, found)) == sorted(map(id, wanted))
        lengths = [each.prefix_length for each in by_precedence(namespace, Query(version, value), TABLE_MAIN)]
        assert lengths == sorted(lengths, reverse=True)


def test_equal_routes_keep_the_order_of_entry() -> None:
    first, second = (Route(4, 0, 0, TABLE_MAIN, evidence=name) for name in ("e1", "e2"))
    namespace = Namespace("host", routes=(first, second))
    assert [each.evidence for each in by_precedence(namespace, Query(4, 1), TABLE_MAIN)] == ["e1", "e2"]


def test_a_default_route_of_any_table() -> None:
    namespace = Namespace("host", routes=(Route(4, 0, 0, 100), Route(6, 0, 1, TABLE_MAIN)))
    assert has_default_route(namespace, 4)
    assert not has_default_route(namespace, 6)
