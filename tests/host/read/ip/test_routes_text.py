"""Routes, next hops and neighbours from words say the same as from JSON; busybox says less."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip import routes_json
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.routes_text import neighbours, redirects, routes, saved_next_hops
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, NextHop, Redirect
from hairpin.netfilter.address import Version
from hairpin.netfilter.rule_address import read_address
from tests.host.fixture_evidence import placeless, text_of
from tests.rows import each_row

TABLES = RouteTables()
SAVED = saved_next_hops(text_reading(text_of("iproute2-6.1", "nexthop.txt"), "ip nexthop"))

CENTOS_7 = """\
unicast default via 10.0.2.2 dev eth0  proto static  metric 100
local 10.0.2.15 dev eth0  table local  proto kernel  scope host  src 10.0.2.15
unreachable default dev lo  table unspec  proto kernel  metric 4294967295  error -101
"""


def test_next_hop_objects_are_those_of_json() -> None:
    assert routes_json.saved_next_hops(text_reading(text_of("iproute2-6.1", "nexthop.json"), "ip nexthop")) == SAVED


@pytest.mark.parametrize("version", (4, 6))
def test_words_say_what_json_says(version: Version) -> None:
    words, document = (text_of("iproute2-6.1", f"route{version}.{form}") for form in ("txt", "json"))
    found = routes(text_reading(words, "ip route", "e1"), version=version, tables=TABLES, saved=SAVED)
    same = routes_json.routes(text_reading(document, "ip route", "e1"), version=version, tables=TABLES, saved=SAVED)
    assert placeless(found) == placeless(same)
    assert len(found) == len([line for line in words.splitlines() if not line.startswith("\t")])


def test_busybox_loses_next_hops_and_not_routes() -> None:
    whole = routes(text_reading(text_of("iproute2-6.1", "route4.txt"), "ip"), version=4, tables=TABLES, saved=SAVED)
    lost = routes(text_reading(text_of("iproute2-6.1", "route4.busybox.txt"), "busybox ip"), version=4, tables=TABLES)
    assert [(item.destination, item.table, item.type) for item in lost] == [
        (item.destination, item.table, item.type) for item in whole
    ]
    assert [item.destination for item in lost if item.type == "unicast" and not item.next_hops] == [
        read_address(text, "ip") for text in ("10.50.0.0", "10.56.0.0", "10.57.0.0")
    ]


def test_iproute2_of_centos_7() -> None:
    default, local = routes(text_reading(CENTOS_7, "ip route"), version=4, tables=TABLES)
    assert (default.table, default.metric, default.next_hops) == (
        TABLE_MAIN,
        100,
        (NextHop("eth0", read_address("10.0.2.2", "ip"), 4),),
    )
    assert (local.table, local.type) == (TABLE_LOCAL, "local")


def test_a_routes_encapsulation_is_not_part_of_the_route() -> None:
    text = "10.17.0.0/16 encap ip id 9 src 0.0.0.0 dst 192.0.2.253 ttl 0 tos 16 dev a0 scope link src 192.0.2.1"
    (route,) = routes(text_reading(text, "ip route"), version=4, tables=TABLES)
    assert (route.destination, route.tos, route.prefsrc) == (
        read_address("10.17.0.0", "ip"),
        0,
        read_address("192.0.2.1", "ip"),
    )
    assert route.next_hops == (NextHop("a0", encap="ip"),)


def test_a_locked_mtu() -> None:
    (route,) = routes(text_reading("10.0.0.0/8 dev eth0 mtu lock 1400", "ip route"), version=4, tables=TABLES)
    assert route.mtu_bytes == 1400


@pytest.mark.parametrize("name", ("neigh.txt", "neigh.busybox.txt"))
def test_neighbours_are_those_of_json(name: str) -> None:
    found = neighbours(text_reading(text_of("iproute2-6.1", name), "ip neigh", "e1"))
    assert found == routes_json.neighbours(text_reading(text_of("iproute2-6.1", "neigh.json"), "ip neigh", "e1"))


def test_a_failed_neighbour_and_a_proxy() -> None:
    text = "10.0.0.1 dev eth0  FAILED\n10.0.0.9 dev eth0 proxy \n"
    assert [(item.state, item.mac, item.proxy) for item in neighbours(text_reading(text, "ip neigh"))] == [
        ("FAILED", None, False),
        ("NONE", None, True),
    ]


DAMAGED = {
    "destination": ("default dev eth0\nnowhere dev eth0\n", 2),
    "hop of nothing": ("\tnexthop via 10.0.0.1 dev eth0\n", 1),
    "gateway": ("default via x dev eth0\n", 1),
    "metric": ("default dev eth0 metric x\n", 1),
    "a type alone": ("blackhole\n", 1),
}


@each_row(("text", "line"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_a_parse_error_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ParseError) as caught:
        routes(text_reading(text, "ip route"), version=4, tables=TABLES)
    assert (caught.value.source, caught.value.line) == ("ip route", line)


def test_damaged_neighbours_and_next_hops() -> None:
    with pytest.raises(ParseError, match="ip neigh:1"):
        neighbours(text_reading("x dev eth0 FAILED", "ip neigh"))
    with pytest.raises(ParseError, match="ip nexthop:1"):
        saved_next_hops(text_reading("via 10.0.0.1 dev eth0", "ip nexthop"))


def test_redirects_of_the_route_cache() -> None:
    text = (
        "192.0.2.10 via 198.51.100.20 dev eth0 \n    cache <redirected> expires 297sec \n"
        "192.0.2.11 via 198.51.100.1 dev eth0 \n    cache expires 597sec mtu 1400 \n"
    )
    found = redirects(text_reading(text, "ip -4 route show cache"))
    assert found == (Redirect(4, read_address("192.0.2.10", "ip"), read_address("198.51.100.20", "ip"), "eth0"),)


def test_a_route_by_a_next_hop_object_has_its_id() -> None:
    (found,) = routes(
        text_reading("blackhole default nhid 10 dev lo proto boot\n", "ip route"), version=4, tables=RouteTables()
    )
    assert (found.type, found.next_hops, found.nexthop_id) == ("blackhole", (), 10)
