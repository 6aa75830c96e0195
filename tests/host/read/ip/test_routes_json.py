"""Routes, next hops and neighbours from iproute2's JSON."""

import json
from typing import Any

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.routes_json import neighbours, routes, saved_next_hops
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, NextHop, Route
from hairpin.netfilter.rule_address import read_address
from tests.host.fixture_evidence import text_of
from tests.rows import each_row

SAVED = saved_next_hops(text_reading(text_of("iproute2-6.1", "nexthop.json"), "ip nexthop"))
VERSION4 = routes(
    text_reading(text_of("iproute2-6.1", "route4.json"), "ip route", "e2"), version=4, tables=RouteTables(), saved=SAVED
)
VERSION6 = routes(text_reading(text_of("iproute2-6.1", "route6.json"), "ip -6 route"), version=6, tables=RouteTables())


def v4(text: str) -> int:
    return read_address(text, "ip")


def v6(text: str) -> int:
    return read_address(text, "ip6")


def to(found: tuple[Route, ...], destination: int) -> Route:
    (route,) = (item for item in found if item.destination == destination and item.table != TABLE_LOCAL)
    return route


def one(**fields: Any) -> Route:
    (route,) = routes(text_reading(json.dumps([fields]), "ip route"), version=4, tables=RouteTables())
    return route


@each_row(
    ("destination", "kind", "table"),
    (
        ("10.52.0.0", "blackhole", TABLE_MAIN),
        ("10.53.0.0", "unreachable", 100),
        ("10.54.0.0", "prohibit", TABLE_MAIN),
        ("10.55.0.0", "throw", TABLE_MAIN),
        ("10.58.0.0", "blackhole", TABLE_MAIN),
    ),
)
def test_types_and_tables(destination: str, kind: str, table: int) -> None:
    route = to(VERSION4, v4(destination))
    assert (route.type, route.table, route.next_hops, route.prefix_length) == (kind, table, (), 16)


def test_the_local_table() -> None:
    kinds = {item.type for item in VERSION4 if item.table == TABLE_LOCAL}
    assert kinds == {"local", "broadcast"}


HOPS: dict[str, tuple[str, tuple[NextHop, ...]]] = {
    "on link": ("10.9.0.0", (NextHop("v0"),)),
    "multipath": ("10.50.0.0", (NextHop("v0", v4("10.9.0.5"), 4, weight=2), NextHop("v0", v4("10.9.0.6"), 4))),
    "by IPv6": ("10.51.0.0", (NextHop("v0", v6("fd00::5"), 6),)),
    "a group of next hop objects": (
        "10.56.0.0", (NextHop("v0", v4("10.9.0.7"), 4, weight=5), NextHop("v0", v4("10.9.0.8"), 4, weight=3))),
    "one next hop object": ("10.57.0.0", (NextHop("v0", v4("10.9.0.7"), 4),)),
    "onlink": ("10.59.0.0", (NextHop("v0", v4("10.9.0.9"), 4, onlink=True),)),
}  # fmt: skip


@each_row(("destination", "expected"), HOPS.values(), ids=HOPS)
def test_next_hops(destination: str, expected: tuple[NextHop, ...]) -> None:
    assert to(VERSION4, v4(destination)).next_hops == expected


def test_attributes() -> None:
    route = to(VERSION4, v4("10.59.0.0"))
    assert (route.tos, route.metric, route.mtu_bytes, route.prefsrc) == (0x10, 50, 1400, v4("10.9.0.2"))
    assert (route.protocol, route.scope, route.evidence) == ("boot", "global", "e2")


def test_version_6() -> None:
    assert to(VERSION6, v6("fd01::")).source == (v6("fd02::"), 64)
    assert len(to(VERSION6, v6("fd03::")).next_hops) == 2
    default = to(VERSION6, 0)
    assert (default.prefix_length, default.metric, default.next_hops) == (0, 1024, (NextHop("v0", v6("fe80::1"), 6),))
    assert {item.type for item in VERSION6} == {"unicast", "local", "multicast"}


def test_flags_of_a_dead_link() -> None:
    route = one(dst="10.0.0.0/8", dev="eth0", flags=["dead", "linkdown"])
    assert route.next_hops == (NextHop("eth0", dead=True, linkdown=True),)


def test_no_table_is_main_and_unspec_is_none() -> None:
    assert one(dst="default", dev="eth0").table == TABLE_MAIN
    text = json.dumps([{"type": "unreachable", "dst": "default", "table": "unspec", "metric": 4294967295}])
    assert routes(text_reading(text, "ip -6 route"), version=6, tables=RouteTables()) == ()


def test_a_name_of_the_tos_byte() -> None:
    assert one(dst="10.0.0.0/8", dev="eth0", tos="AF11").tos == 0x28


ENCAPSULATED: dict[str, str] = {
    "iproute2 5.10 to 6.1": '"encap":"ip","id":9,"src":"0.0.0.0","dst":"192.0.2.253","ttl":0,"tos":16',
    "its own tos follows": '"encap":"ip","id":9,"dst":"192.0.2.253","tos":16,"tos":"0"',
    "labels of MPLS": '"encap":"mpls","dst":"100/200","ttl":0',
    "iproute2 6.15, nested": '"encap":{"encap_type":"ip","id":9,"src":"0.0.0.0","dst":"192.0.2.253","ttl":0,"tos":16}',
}


@pytest.mark.parametrize("encap", ENCAPSULATED.values(), ids=ENCAPSULATED)
def test_a_routes_encapsulation_is_not_part_of_the_route(encap: str) -> None:
    text = f'[{{"type":"unicast","dst":"10.17.0.0/16",{encap},"dev":"lo","scope":"link","flags":[]}}]'
    (route,) = routes(text_reading(text, "ip route"), version=4, tables=RouteTables())
    assert (route.destination, route.prefix_length, route.tos) == (v4("10.17.0.0"), 16, 0)
    assert route.next_hops == (NextHop("lo", encap="mpls" if "mpls" in encap else "ip"),)


def test_neighbours() -> None:
    text = json.dumps(
        [
            {"dst": "10.9.0.5", "dev": "v0", "lladdr": "02:00:00:00:00:01", "state": ["PERMANENT"]},
            {"dst": "fe80::1", "dev": "v0", "router": None, "state": ["FAILED"]},
            {"dst": "10.9.0.55", "dev": "v0", "proxy": None},
        ]
    )
    assert [(n.version, n.mac, n.state, n.proxy) for n in neighbours(text_reading(text, "ip neigh"))] == [
        (4, 0x020000000001, "PERMANENT", False),
        (6, None, "FAILED", False),
        (4, None, "NONE", True),
    ]


DAMAGED: dict[str, dict[str, Any]] = {
    "type": {"type": "unheard-of", "dst": "default"},
    "destination": {"dst": "nowhere", "dev": "eth0"},
    "version": {"dst": "fd00::/64", "dev": "eth0"},
    "gateway": {"dst": "default", "gateway": "x", "dev": "eth0"},
    "source address": {"dst": "default", "dev": "eth0", "prefsrc": "fd00::1"},
    "tos": {"dst": "default", "dev": "eth0", "tos": "unheard-of"},
    "hops": {"dst": "default", "nexthops": {}},
}


@each_row("fields", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_a_parse_error(fields: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match="ip route"):
        one(**fields)


def test_damaged_neighbours_and_next_hops() -> None:
    with pytest.raises(ParseError):
        neighbours(text_reading('[{"dst":"x","dev":"eth0"}]', "ip neigh"))
    with pytest.raises(ParseError):
        saved_next_hops(text_reading('[{"id":1,"gateway":"x","dev":"eth0"}]', "ip nexthop"))


def test_nothing_printed_is_nothing_there() -> None:
    assert routes(text_reading("", "ip"), version=6, tables=RouteTables()) == ()
    assert neighbours(text_reading(" \n", "ip")) == ()
    assert saved_next_hops(text_reading("", "ip")) == ()
