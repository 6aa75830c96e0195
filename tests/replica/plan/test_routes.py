"""Routes and policy rules in the words of ip(8)."""

import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.network.prefix import parse_address, parse_prefix
from hairpin.replica.plan.routes import lost_routes, routes, rules
from tests.rows import each_row

OWN = parse_address("192.0.2.1")[1]
GATEWAY = parse_address("192.0.2.254")[1]
_, NETWORK, LENGTH = parse_prefix("198.51.100.0/24")


ONE = "nexthop via 192.0.2.254 dev eth0 onlink weight 3"
OTHER = "nexthop via 192.0.2.1 dev eth0 onlink"


def having(*found: Route) -> Namespace:
    return Namespace("host", links=(Link(2, "eth0"),), addresses=(Address("eth0", 4, OWN, 24),), routes=found)


ROUTES: dict[str, tuple[Route, tuple[str, ...]]] = {
    "on link": (
        Route(4, NETWORK, LENGTH, next_hops=(NextHop("eth0"),), scope="link", prefsrc=OWN, protocol="kernel"),
        ("route add 198.51.100.0/24 table 254 proto kernel scope link src 192.0.2.1 dev eth0",),
    ),
    "by a gateway": (
        Route(4, 0, 0, next_hops=(NextHop("eth0", GATEWAY, 4),), metric=100),
        ("route add 0.0.0.0/0 table 254 metric 100 via 192.0.2.254 dev eth0 onlink",),
    ),
    "by several": (
        Route(4, 0, 0, next_hops=(NextHop("eth0", GATEWAY, 4, weight=3), NextHop("eth0", OWN, 4))),
        (f"route add 0.0.0.0/0 table 254 {ONE} {OTHER}",),
    ),
    "nowhere": (Route(4, NETWORK, LENGTH, type="blackhole"), ("route add blackhole 198.51.100.0/24 table 254",)),
    "a broadcast route that IPv4 makes itself": (
        Route(4, NETWORK, 32, TABLE_LOCAL, "broadcast", (NextHop("eth0"),), protocol="kernel"),
        (),
    ),
    "a broadcast route for IPv6, which it never makes": (
        Route(6, 0x20010DB8 << 96, 64, TABLE_LOCAL, "broadcast", (NextHop("eth0"),)),
        ("route append broadcast 2001:db8::/64 table 255 dev eth0",),
    ),
    "IPv6": (
        Route(6, 0, 0, next_hops=(NextHop("eth0"),), metric=1024),
        ("route append ::/0 table 254 metric 1024 dev eth0",),
    ),
    "an own address has its route": (Route(4, OWN, 32, TABLE_LOCAL, "local", (NextHop("eth0"),)), ()),
    "a link's own anycast route": (Route(6, 1, 128, TABLE_LOCAL, "anycast", (NextHop("eth0"),), protocol="kernel"), ()),
    "an anycast route added by hand": (
        Route(6, 1, 128, TABLE_LOCAL, "anycast", (NextHop("eth0"),), metric=1024),
        ("route append anycast ::1/128 table 255 metric 1024 dev eth0",),
    ),
    "a local route of another is put back": (
        Route(4, NETWORK, LENGTH, TABLE_LOCAL, "local", (NextHop("lo"),)),
        ("route add local 198.51.100.0/24 table 255 dev lo",),
    ),
}


@each_row(("route", "lines"), ROUTES.values(), ids=ROUTES)
def test_routes(route: Route, lines: tuple[str, ...]) -> None:
    assert tuple(routes(having(route))) == lines


def test_a_gateway_that_other_routes_lead_elsewhere_comes_before_them() -> None:
    """Neither a gateway that is local nor one that a route of IPv6 has behind another link is taken (``onlink``)."""
    default = Route(4, 0, 0, next_hops=(NextHop("eth0", NETWORK + 1, 4),))
    local = Route(4, NETWORK, LENGTH, TABLE_LOCAL, "local", (NextHop("lo"),))
    lines = [line.split()[2] for line in routes(having(local, default))]
    assert lines == ["0.0.0.0/0", "local"]


def test_routes_that_others_need_come_first() -> None:
    default = Route(4, 0, 0, next_hops=(NextHop("eth0", GATEWAY, 4),))
    connected = Route(4, NETWORK, LENGTH, next_hops=(NextHop("eth0"),))
    assert [line.split()[2] for line in routes(having(default, connected))] == ["198.51.100.0/24", "0.0.0.0/0"]


USUAL = (
    PolicyRule(4, 0, table=TABLE_LOCAL),
    PolicyRule(4, 32766, table=TABLE_MAIN),
    PolicyRule(4, 32767, table=TABLE_DEFAULT),
)
GONE = ("rule del priority 0", "rule del priority 32766", "rule del priority 32767")
RULES: dict[str, tuple[PolicyRule, str]] = {
    "by source": (
        PolicyRule(4, 100, table=7, source=(NETWORK, 24)),
        "rule add priority 100 from 198.51.100.0/24 lookup 7",
    ),
    "by mark, turned around": (
        PolicyRule(4, 100, table=7, mark=(1, 0xFF), inverted=True),
        "rule add not priority 100 from all fwmark 0x1/0xff lookup 7",
    ),
    "by port": (
        PolicyRule(4, 100, "unreachable", protocol=6, dports=(80, 90)),
        "rule add priority 100 from all ipproto 6 dport 80-90 unreachable",
    ),
    "goto": (PolicyRule(4, 100, "goto", goto=32766), "rule add priority 100 from all goto 32766"),
}


def test_the_kernels_own_rules_are_left_alone() -> None:
    assert rules(Namespace("host", rules=USUAL), 4) == ()


@pytest.mark.parametrize(("rule", "line"), RULES.values(), ids=RULES)
def test_other_rules_stand_beside_them(rule: PolicyRule, line: str) -> None:
    assert rules(Namespace("host", rules=(*USUAL, rule)), 4) == (line,)


def test_a_usual_rule_that_is_gone_or_has_another_beside_it_is_taken_away() -> None:
    """IPv6 asks its rules only once one was added, so none is added that is there."""
    assert rules(Namespace("host", rules=USUAL[:2]), 4) == GONE[2:]
    second = PolicyRule(4, 0, "unreachable")
    assert rules(Namespace("host", rules=(USUAL[0], second, *USUAL[1:])), 4) == (
        GONE[0],
        "rule add priority 0 from all lookup 255",
        "rule add priority 0 from all unreachable",
    )


def test_a_local_route_that_was_deleted_is_not_there_either() -> None:
    other = Route(4, GATEWAY, 32, TABLE_LOCAL, "local", (NextHop("eth0"),))
    assert tuple(lost_routes(having(other))) == ("route del local 192.0.2.1/32 table 255 dev eth0",)
    own = Route(4, OWN, 32, TABLE_LOCAL, "local", (NextHop("eth0"),))
    assert tuple(lost_routes(having(own))) == ()
    assert tuple(lost_routes(having())) == ()  # the table was not read
