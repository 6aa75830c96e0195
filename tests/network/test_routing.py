import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import TABLE_LOCAL, NextHop, PolicyRule, Route, RouteType
from hairpin.network.address_type import address_type4
from hairpin.network.prefix import parse_address, parse_prefix
from hairpin.network.query import Found, Query, Scope
from hairpin.network.routing import has_custom_rules, is_taken_in6, lookup, route_text, rules_of, tables_are_one
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, WEB, host_namespace, local, route


def number(text: str) -> int:
    return parse_address(text)[1]


MAIN = PolicyRule(4, 32766, table=254)
OTHER = (route("default", "wg0", table=100), route("10.9.0.0/16", "tun0", table=101))
TO_CLIENT = Query(4, CLIENT, HOST_ADDRESS)


def with_rules(*rules: PolicyRule) -> Namespace:
    return host_namespace(policy_rules=(PolicyRule(4, 0, table=255), *rules, MAIN), routes=OTHER)


# what a rule with table 100 selects, and whether the query is of that kind
SELECTORS: dict[str, tuple[PolicyRule, Query, bool]] = {
    "everything": (PolicyRule(4, 9, table=100), TO_CLIENT, True),
    "from": (PolicyRule(4, 9, table=100, source=(HOST_ADDRESS, 32)), TO_CLIENT, True),
    "from another": (PolicyRule(4, 9, table=100, source=(WEB, 32)), TO_CLIENT, False),
    "to": (PolicyRule(4, 9, table=100, destination=(CLIENT, 24)), TO_CLIENT, True),
    "to another": (PolicyRule(4, 9, table=100, destination=(WEB, 16)), TO_CLIENT, False),
    "iif lo is for what starts here": (PolicyRule(4, 9, table=100, iif="lo"), TO_CLIENT, True),
    "iif of another": (PolicyRule(4, 9, table=100, iif="docker0"), TO_CLIENT, False),
    "oif that nobody asked for": (PolicyRule(4, 9, table=100, oif="wg0"), TO_CLIENT, False),
    "mark": (PolicyRule(4, 9, table=100, mark=(5, 0xF)), msgspec.structs.replace(TO_CLIENT, mark=0x15), True),
    "another mark": (PolicyRule(4, 9, table=100, mark=(5, 0xFF)), msgspec.structs.replace(TO_CLIENT, mark=0x15), False),
    "tos": (PolicyRule(4, 9, table=100, tos=16), msgspec.structs.replace(TO_CLIENT, tos=16), True),
    "another tos": (PolicyRule(4, 9, table=100, tos=16), TO_CLIENT, False),
    "tos without its high bits": (
        PolicyRule(4, 9, table=100, tos=16),
        msgspec.structs.replace(TO_CLIENT, tos=0xF0),
        True,
    ),
    "dscp with them": (
        PolicyRule(4, 9, table=100, tos=16, whole_dscp=True),
        msgspec.structs.replace(TO_CLIENT, tos=0xF0),
        False,
    ),
    "protocol": (PolicyRule(4, 9, table=100, protocol=6), msgspec.structs.replace(TO_CLIENT, protocol=6), True),
    "protocol of an unknown packet": (PolicyRule(4, 9, table=100, protocol=6), TO_CLIENT, False),
    "port": (PolicyRule(4, 9, table=100, dports=(80, 90)), msgspec.structs.replace(TO_CLIENT, dport=90), True),
    "another port": (PolicyRule(4, 9, table=100, dports=(80, 90)), msgspec.structs.replace(TO_CLIENT, dport=91), False),
    "no port": (PolicyRule(4, 9, table=100, sports=(0, 65535)), TO_CLIENT, False),
    "owner": (PolicyRule(4, 9, table=100, uids=(5, 9)), msgspec.structs.replace(TO_CLIENT, uid=5), True),
    "forwarded packets are root's": (PolicyRule(4, 9, table=100, uids=(0, 0)), TO_CLIENT, True),
    "out of a tunnel": (PolicyRule(4, 9, table=100, unknown_selectors=("tun_id",)), TO_CLIENT, False),
    "not": (PolicyRule(4, 9, table=100, source=(WEB, 32), inverted=True), TO_CLIENT, True),
    "not, that": (PolicyRule(4, 9, table=100, source=(HOST_ADDRESS, 32), inverted=True), TO_CLIENT, False),
    "of the other family": (PolicyRule(6, 9, table=100), TO_CLIENT, False),
}


@each_row(("rule", "query", "applies"), SELECTORS.values(), ids=SELECTORS)
def test_selectors(rule: PolicyRule, query: Query, applies: bool) -> None:
    (hop,) = lookup(with_rules(rule), query).next_hops
    assert hop.link == ("wg0" if applies else "eth0")


# rules between local and main, and the link or the kind of the answer
ACTIONS: dict[str, tuple[tuple[PolicyRule, ...], str]] = {
    "none": ((), "eth0"),
    "lower priority first": ((PolicyRule(4, 9, table=101), PolicyRule(4, 8, table=100)), "wg0"),
    "a table without the route": ((PolicyRule(4, 9, table=101),), "eth0"),
    "nop": ((PolicyRule(4, 9, "nop"),), "eth0"),
    "blackhole": ((PolicyRule(4, 9, "blackhole"),), "blackhole"),
    "unreachable": ((PolicyRule(4, 9, "unreachable"),), "unreachable"),
    "prohibit": ((PolicyRule(4, 9, "prohibit"),), "prohibit"),
    "goto over a rule": ((PolicyRule(4, 8, "goto", goto=10), PolicyRule(4, 9, table=100)), "eth0"),
    "goto to a rule": ((PolicyRule(4, 8, "goto", goto=9), PolicyRule(4, 9, table=100)), "wg0"),
    "goto to nowhere": ((PolicyRule(4, 8, "goto", goto=40000),), "none"),
    "default suppressed": ((PolicyRule(4, 9, table=100, suppress_prefix_length=0),), "eth0"),
}


@each_row(("rules", "expected"), ACTIONS.values(), ids=ACTIONS)
def test_actions(rules: tuple[PolicyRule, ...], expected: str) -> None:
    found = lookup(with_rules(*rules), TO_CLIENT)
    assert (found.next_hops[0].link if found.next_hops else found.type) == expected


def test_a_rule_may_suppress_the_links_of_a_group() -> None:
    host = with_rules(PolicyRule(4, 9, table=100, suppress_group="uplinks"))
    links = (Link(2, "eth0"), Link(7, "wg0", group="uplinks"))
    assert lookup(msgspec.structs.replace(host, links=links), TO_CLIENT).next_hops[0].link == "eth0"
    links = (Link(2, "eth0"), Link(7, "wg0"))
    assert lookup(msgspec.structs.replace(host, links=links), TO_CLIENT).next_hops[0].link == "wg0"


def test_a_link_is_not_in_a_vrf_unless_it_is() -> None:
    rules = (PolicyRule(4, 1000, l3mdev=True), MAIN)
    host = host_namespace(policy_rules=rules, routes=OTHER)
    assert lookup(host, Query(4, CLIENT, iif="eth0")).next_hops[0].link == "eth0"
    vrf = (Link(9, "red", "vrf", vrf_table=100), Link(2, "eth0", master="red"))
    assert lookup(msgspec.structs.replace(host, links=vrf), Query(4, CLIENT, iif="eth0")).next_hops[0].link == "wg0"


FAR6, NEAR6 = 0x20010DB8 << 96 | 9, 0x20010DB8 << 96 | 2


def via6(link: str = "wg0", kind: RouteType = "unicast", source: tuple[int, int] | None = None) -> Route:
    return Route(6, FAR6 >> 64 << 64, 64, type=kind, next_hops=(NextHop(link),), source=source)


KERNELS_ANYCAST = msgspec.structs.replace(via6(kind="anycast"), protocol="kernel")

# further routes, query, link or kind of the answer
ROUTES: dict[str, tuple[tuple[Route, ...], Query, str]] = {
    "own address": ((), Query(4, HOST_ADDRESS), "local"),
    "on link": ((), Query(4, WEB), "docker0"),
    "default": ((), Query(4, CLIENT), "eth0"),
    "longest prefix": ((route("192.0.2.0/25", "docker0"), route("192.0.2.0/24", "wg0")), Query(4, CLIENT), "docker0"),
    "metric": (
        (msgspec.structs.replace(route("192.0.2.0/24", "wg0"), metric=5), route("192.0.2.0/24", "docker0")),
        Query(4, CLIENT),
        "docker0",
    ),
    "tos": ((msgspec.structs.replace(route("192.0.2.0/24", "wg0"), tos=16),), Query(4, CLIENT, tos=16), "wg0"),
    "tos of others": ((msgspec.structs.replace(route("192.0.2.0/24", "wg0"), tos=16),), Query(4, CLIENT), "eth0"),
    "blackhole": ((Route(4, CLIENT, 32, type="blackhole"),), Query(4, CLIENT), "blackhole"),
    "prohibit": ((Route(4, CLIENT, 32, type="prohibit"),), Query(4, CLIENT), "prohibit"),
    "unreachable": ((Route(4, CLIENT, 32, type="unreachable"),), Query(4, CLIENT), "unreachable"),
    "throw leaves the table": ((Route(4, CLIENT, 32, type="throw"),), Query(4, CLIENT), "none"),
    "dead": ((Route(4, CLIENT, 32, next_hops=(NextHop("wg0", dead=True),)),), Query(4, CLIENT), "eth0"),
    "down, but not ignored": (
        (Route(4, CLIENT, 32, next_hops=(NextHop("wg0", linkdown=True),)),),
        Query(4, CLIENT),
        "wg0",
    ),
    "bound to a link": ((route("default", "docker0"),), Query(4, CLIENT, scope=Scope(oif="docker0")), "docker0"),
    "a type that IPv6 takes for unicast": ((via6(kind="broadcast"),), Query(6, FAR6), "wg0"),
    "anycast that somebody entered": ((via6(kind="anycast"),), Query(6, FAR6), "wg0"),
    "anycast of the kernel": ((KERNELS_ANYCAST,), Query(6, FAR6), "anycast"),
    "of its source before others": ((via6(), via6(link="eth0", source=(NEAR6, 128))), Query(6, FAR6, NEAR6), "eth0"),
    "one of another source hides its network's others": (
        (via6(), via6(link="eth0", source=(NEAR6, 128))),
        Query(6, FAR6, 1),
        "none",
    ),
    "of a source": (
        (Route(4, CLIENT, 32, next_hops=(NextHop("wg0"),), source=(WEB, 32)),),
        Query(4, CLIENT, HOST_ADDRESS),
        "eth0",
    ),
}


@each_row(("routes", "query", "expected"), ROUTES.values(), ids=ROUTES)
def test_routes(routes: tuple[Route, ...], query: Query, expected: str) -> None:
    found = lookup(host_namespace(routes=routes), query)
    assert (found.next_hops[0].link if found.type == "unicast" else found.type) == expected


LOCAL_NETWORK = Route(4, CLIENT & 0xFFFFFF00, 24, TABLE_LOCAL, "local", (NextHop("lo"),))
ONE_OF_IT = Route(4, CLIENT, 32, next_hops=(NextHop("wg0"),))
A_RULE = PolicyRule(4, 9, table=100, mark=(1, 1))


@pytest.mark.parametrize(
    ("rules", "expected"), (((), "unicast"), ((PolicyRule(4, 0, table=TABLE_LOCAL), A_RULE, MAIN), "local"))
)
def test_local_and_main_are_one_until_there_is_a_rule(rules: tuple[PolicyRule, ...], expected: str) -> None:
    host = host_namespace(routes=(LOCAL_NETWORK, ONE_OF_IT), policy_rules=rules)
    assert tables_are_one(host) is not bool(rules)
    found = lookup(host, Query(4, CLIENT))
    assert found.type == expected
    assert found.rule is not None
    assert found.rule.table == (TABLE_LOCAL if expected == "local" else 254)
    assert lookup(host, Query(4, CLIENT + 1)).type == "local"
    assert address_type4(host, CLIENT) == expected


# kernel, whether a longer prefix of main goes before a shorter one of local
TABLES = {"3.18.140": False, "3.10.0-1160.el7.x86_64": True, "4.1.0": True, "": True}


@pytest.mark.parametrize(("kernel", "one"), TABLES.items())
def test_local_is_looked_up_before_main(kernel: str, one: bool) -> None:
    host = msgspec.structs.replace(host_namespace(routes=(LOCAL_NETWORK, ONE_OF_IT)), kernel=kernel)
    assert tables_are_one(host) is one
    assert lookup(host, Query(4, CLIENT)).type == address_type4(host, CLIENT) == ("unicast" if one else "local")


def test_a_lookup_may_ignore_the_links_state() -> None:
    dead = Route(4, CLIENT, 32, next_hops=(NextHop("wg0", linkdown=True, dead=True),))
    host = host_namespace(routes=(dead,), values={"conf__wg0__ignore_routes_with_linkdown": "1"})
    assert lookup(host, Query(4, CLIENT)).next_hops[0].link == "eth0"
    assert lookup(host, Query(4, CLIENT, scope=Scope(ignores_linkstate=True))).next_hops[0].link == "wg0"


def test_a_link_without_carrier_is_ignored_if_the_sysctl_is_set() -> None:
    dead = Route(4, CLIENT, 32, next_hops=(NextHop("wg0", linkdown=True),))
    host = host_namespace(routes=(dead,), values={"conf__wg0__ignore_routes_with_linkdown": "1"})
    assert lookup(host, Query(4, CLIENT)).next_hops[0].link == "eth0"


@pytest.mark.parametrize(("kernel", "link"), (("5.10.0", "wg0"), ("5.11.0", "eth0")))
def test_on_old_kernels_no_sysctl_ignores_all_links(kernel: str, link: str) -> None:
    down = Route(4, CLIENT, 32, next_hops=(NextHop("wg0", linkdown=True),))
    host = host_namespace(routes=(down,), values={"conf__all__ignore_routes_with_linkdown": "1"})
    assert lookup(msgspec.structs.replace(host, kernel=kernel), Query(4, CLIENT)).next_hops[0].link == link


def test_ipv6_bound_to_one_link_finds_no_unreachable_routes() -> None:
    routes = (
        Route(6, 0, 1, type="unreachable", next_hops=(NextHop("lo"),)),
        Route(6, 0, 0, next_hops=(NextHop("eth0"),)),
    )
    host = Namespace("host", routes=routes)
    assert lookup(host, Query(6, 5)).type == "unreachable"
    assert lookup(host, Query(6, 5, scope=Scope(oif="eth0"))).type == "unicast"


def test_multipath_has_all_its_next_hops() -> None:
    hops = (NextHop("eth0"), NextHop("wg0"))
    assert lookup(host_namespace(routes=(Route(4, CLIENT, 32, next_hops=hops),)), Query(4, CLIENT)).next_hops == hops


def test_no_route_at_all() -> None:
    assert lookup(Namespace("empty"), Query(4, CLIENT)).type == "none"


def test_ipv6_asks_no_rule_before_one_is_added() -> None:
    """Measured on 6.18: ``ip -6 rule del priority 32766`` stops nothing, until a rule is added."""
    local_only, added = PolicyRule(6, 0, table=TABLE_LOCAL), PolicyRule(6, 100, table=77)
    found = [
        lookup(
            host_namespace(policy_rules=rules, routes=(route("2001:db8::/64", "eth0"),)),
            Query(6, number("2001:db8::5")),
        )
        for rules in ((local_only,), (local_only, added))
    ]
    assert [each.route is not None for each in found] == [True, False]


def test_rules_that_were_not_read_are_the_kernels() -> None:
    assert [each.priority for each in rules_of(Namespace("n"), 4)] == [0, 32766, 32767]
    assert [each.priority for each in rules_of(Namespace("n"), 6)] == [0, 32766]
    assert [each.priority for each in rules_of(with_rules(PolicyRule(4, 9, table=100)), 4)] == [0, 9, 32766]


ROUTE_TEXTS: dict[str, Route] = {
    "default via 198.51.100.1 dev eth0": route("default", "eth0", via="198.51.100.1"),
    "172.17.0.0/16 dev docker0": route("172.17.0.0/16", "docker0"),
    "local 198.51.100.11/32 dev eth0": local("198.51.100.11/32", "eth0"),
    "10.0.0.0/8 dev wg0 table 100 metric 5": msgspec.structs.replace(route("10.0.0.0/8", "wg0", table=100), metric=5),
    "blackhole 10.0.0.0/8": Route(4, parse_prefix("10.0.0.0/8")[1], 8, type="blackhole"),
}


@each_row(("found", "taken"), (
    (Found("local"), True), (Found("anycast", KERNELS_ANYCAST), True), (Found("unicast", via6(kind="anycast")), True),
    (Found("unicast", via6()), False), (Found("none"), False),
))  # fmt: skip
def test_is_taken_in6(found: Found, taken: bool) -> None:
    assert is_taken_in6(found) is taken


@each_row(("text", "written"), ROUTE_TEXTS.items(), ids=ROUTE_TEXTS)
def test_route_text(text: str, written: Route) -> None:
    assert route_text(written) == text


@pytest.mark.parametrize(
    ("priorities", "custom"),
    (((), False), ((0, 32766, 32767), False), ((32766, 32767), True), ((0, 9, 32766, 32767), True)),
)
def test_a_rule_more_or_less_than_the_kernels_makes_them_custom(priorities: tuple[int, ...], custom: bool) -> None:
    assert has_custom_rules(Namespace("host", rules=tuple(PolicyRule(4, each) for each in priorities))) is custom
