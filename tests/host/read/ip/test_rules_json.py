"""Policy rules from iproute2's JSON."""

import json
from typing import Any

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.rules_json import protocol, rules
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, PolicyRule
from hairpin.netfilter.rule_address import read_address
from tests.host.fixture_evidence import text_of
from tests.rows import each_row

REAL = {
    rule.priority: rule
    for rule in rules(
        text_reading(text_of("iproute2-6.1", "rule4.json"), "ip rule", "e3"), version=4, tables=RouteTables()
    )
}


def one(**fields: Any) -> PolicyRule:
    (rule,) = rules(text_reading(json.dumps([{"priority": 7, **fields}]), "ip rule"), version=4, tables=RouteTables())
    return rule


def test_order_is_the_readings() -> None:
    assert list(REAL) == [0, 100, 101, 102, 103, 104, 105, 106, 107, 108, 200, 201, 32766, 32767]


OF_KERNEL6 = [
    {"priority": 0, "src": "all", "table": "local", "protocol": "kernel"},
    {"priority": 32766, "src": "all", "table": "main", "protocol": "kernel"},
]


def test_where_ipv6_is_off_the_kernels_own_rules_are_taken() -> None:
    asked = text_reading(json.dumps(OF_KERNEL6), "ip -6 -j -d rule", "e3")
    off = text_reading("", "/proc/net/if_inet6, /proc/net/ipv6_route", "e3")
    assert rules(off, version=6, tables=RouteTables()) == rules(asked, version=6, tables=RouteTables())


def test_a_namespace_without_rules_has_none() -> None:
    assert rules(text_reading("[]", "ip -6 -j -d rule"), version=6, tables=RouteTables()) == ()
    assert rules(text_reading("", "ip -6 -j -d rule"), version=6, tables=RouteTables()) == ()


def test_the_three_that_every_host_has() -> None:
    assert [(REAL[n].action, REAL[n].table) for n in (0, 32766, 32767)] == [
        ("table", TABLE_LOCAL),
        ("table", TABLE_MAIN),
        ("table", TABLE_DEFAULT),
    ]


def test_all_selectors() -> None:
    rule = REAL[100]
    assert rule.source == (read_address("10.0.0.0", "ip"), 8)
    assert rule.destination == (read_address("10.9.0.0", "ip"), 24)
    assert (rule.iif, rule.oif, rule.mark, rule.tos) == ("v0", "v1", (0x10, 0xFF), 0x10)
    assert (rule.protocol, rule.sports, rule.dports, rule.uids) == (6, (100, 200), (80, 80), (0, 99))
    assert (rule.table, rule.inverted, rule.l3mdev, rule.evidence) == (100, False, False, "e3")
    assert rule.text == (
        "100: from 10.0.0.0/8 to 10.9.0.0/24 tos 0x10 fwmark 0x10/0xff iif v0 oif v1 uidrange 0-99 ipproto tcp"
        " sport 100-200 dport 80 lookup 100"
    )


def test_a_missing_selector_matches_every_packet() -> None:
    rule = REAL[32766]
    assert rule == PolicyRule(
        4, 32766, table=TABLE_MAIN, text="32766: from all lookup main", evidence="e3", entry=rule.entry
    )


@each_row(
    ("priority", "action", "goto"),
    (
        (103, "goto", 200),
        (104, "blackhole", None),
        (105, "unreachable", None),
        (106, "prohibit", None),
        (108, "nop", None),
    ),
)
def test_actions(priority: int, action: str, goto: int | None) -> None:
    assert (REAL[priority].action, REAL[priority].goto, REAL[priority].table) == (action, goto, None)


def test_the_rules_of_wireguard() -> None:
    assert (REAL[101].inverted, REAL[101].mark, REAL[101].table) == (True, (1, 0xFFFFFFFF), 51820)
    assert (REAL[102].suppress_prefix_length, REAL[102].table) == (0, TABLE_MAIN)
    assert REAL[101].text == "101: not from all fwmark 0x1 lookup 51820"


def test_the_rest() -> None:
    assert (REAL[107].l3mdev, REAL[107].table) == (True, None)
    assert REAL[200].suppress_group == "5"
    assert REAL[201].mark == (0x2000, 0x6000)
    assert REAL[108].source == (read_address("1.2.3.4", "ip"), 32)


def test_mark_zero_with_a_mask_is_a_selector() -> None:
    assert one(fwmask="0xff", table="main").mark == (0, 0xFF)
    assert one(table="main").mark is None


@pytest.mark.parametrize(("dscp", "tos"), ((10, 0x28), ("10", 0x28), ("AF11", 0x28)))
def test_dscp(dscp: int | str, tos: int) -> None:
    assert one(dscp=dscp, table="main").tos == tos


def test_a_selector_that_is_not_modelled_is_named() -> None:
    assert one(tun_id=5, table="main").unknown_selectors == ("tun_id",)
    assert REAL[100].unknown_selectors == ()


def test_from_everything_with_length_zero() -> None:
    assert one(src="0.0.0.0", srclen=0, table="main").source == (0, 0)


@pytest.mark.parametrize(("text", "number"), (("tcp", 6), ("ipv6-icmp", 58), (17, 17), ("ipproto-99", 99)))
def test_protocol(text: str | int, number: int) -> None:
    assert protocol(text) == number


@each_row(
    "fields",
    ({"src": "x"}, {"src": "fd00::", "srclen": 8}, {"ipproto": "x"}, {"tos": "x"}, {"action": "x"}, {"fwmark": "x"}),
)
def test_damage_is_a_parse_error(fields: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match="ip rule"):
        one(**fields)
