"""What nft 1.0.6 lists for a rule with a prefix, of which the kernel compares as many bytes as it has; and a rule that
it lists without what it needs to read it."""

import pytest

from hairpin.netfilter.ir import FieldMatch
from hairpin.netfilter.nft.listing import parse
from hairpin.netfilter.nft.misprints import as_loaded, as_typed, is_first_form, modernised, with_numbers
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

SADDR: Json = {"ct": {"key": "saddr", "dir": "original"}}


@each_row(
    ("listed", "family", "loaded"),
    (
        ("0.0.10.100", "ip", {"prefix": {"addr": "10.100.0.0", "len": 16}}),
        ("0.0.0.10", "ip", {"prefix": {"addr": "10.0.0.0", "len": 8}}),
        ("0.192.0.2", "ip", {"prefix": {"addr": "192.0.2.0", "len": 24}}),
        ("10.100.0.1", "ip", "10.100.0.1"),
        ("0.0.0.0", "ip", "0.0.0.0"),
        ("::32.1.13.184", "ip6", {"prefix": {"addr": "2001:db8::", "len": 32}}),
        ("::2001:db8:1:2", "ip6", {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}),
        ("::fd", "ip6", {"prefix": {"addr": "fd00::", "len": 8}}),
        ("2001:db8::1", "ip6", "2001:db8::1"),
        ({"prefix": {"addr": "10.100.3.0", "len": 25}}, "ip", {"prefix": {"addr": "10.100.3.0", "len": 25}}),
        ({"range": ["2001:db8::1", "2001:db8::9"]}, "ip6", {"range": ["2001:db8::1", "2001:db8::9"]}),
    ),
)
def test_a_listed_address_is_the_prefix_that_the_kernel_compares(listed: Json, family: str, loaded: Json) -> None:
    assert as_loaded(SADDR, listed) == ({"ct": {"key": f"{family} saddr", "dir": "original"}}, loaded)


@pytest.mark.parametrize("listed", ("::1", "::64:ff9b:0:0", "::6401"))
def test_an_address_that_may_be_itself_or_a_prefix_is_not_decided(listed: str) -> None:
    assert as_loaded(SADDR, listed) is None


@pytest.mark.parametrize(
    "left", ({"ct": {"key": "ip saddr", "dir": "original"}}, {"ct": {"key": "mark"}}, {"meta": {"key": "mark"}}, 5)
)
def test_other_expressions_stay(left: Json) -> None:
    assert as_loaded(left, "0.0.10.100") == (left, "0.0.10.100")


@each_row(
    ("listed", "typed"),
    (
        (
            "ct reply proto-src 80 tcp dport != 443 accept",
            "meta l4proto tcp ct reply proto-src 80 tcp dport != 443 accept",
        ),
        ("tcp dport 443 ct reply proto-src 80 accept", "tcp dport 443 ct reply proto-src 80 accept"),
        ("meta l4proto udp ct original proto-dst 53 drop", "meta l4proto udp ct original proto-dst 53 drop"),
        ('ct original proto-dst 53 drop comment "tcp 1"', 'ct original proto-dst 53 drop comment "tcp 1"'),
        ("tcp dport 443 accept", "tcp dport 443 accept"),
    ),
)
def test_a_listed_rule_is_typed_so_that_nft_reads_it(listed: str, typed: str) -> None:
    assert as_typed(listed, "inet") == typed


@each_row(
    ("listed", "typed"),
    (
        ("ip6 ecn != not-ect counter reject", "ip6 ecn != not-ect counter reject with icmpx type port-unreachable"),
        (
            'meta nfproto ipv6 reject comment "reject"',
            'meta nfproto ipv6 reject with icmpx type port-unreachable comment "reject"',
        ),
        ("tcp dport 22 reject", "tcp dport 22 reject"),
        ('tcp dport 22 reject comment "ip"', 'tcp dport 22 reject comment "ip"'),
        ("ip6 saddr ::1 reject with icmpv6 no-route", "ip6 saddr ::1 reject with icmpv6 no-route"),
    ),
)
def test_a_bare_reject_of_both_families_stays_one_of_both(listed: str, typed: str) -> None:
    assert as_typed(listed, "inet") == typed


def test_a_bare_reject_of_one_family_is_typed_as_it_is_listed() -> None:
    assert as_typed("ip saddr 192.0.2.1 reject", "ip") == "ip saddr 192.0.2.1 reject"


OF_PORTS = """{"nftables": [
{"table": {"family": "inet", "name": "edge", "handle": 1}},
{"chain": {"family": "inet", "table": "edge", "name": "forward", "handle": 1, "type": "filter", "hook": "forward",
 "prio": -10, "policy": "accept"}},
{"rule": {"family": "inet", "table": "edge", "chain": "forward", "handle": 5, "expr": [
 {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}},
 {"match": {"op": "==", "left": {"ct": {"key": "proto-dst", "dir": "original"}}, "right": {"set": [
  {"range": ["0x50 [invalid type]", "0x5a [invalid type]"]}, "0x1f90 [invalid type]"]}}}, {"accept": null}]}}]}"""
"""As nft 1.0.6 lists the rule ``meta l4proto tcp ct original proto-dst { 80-90, 8080 } accept``."""


def test_ports_of_a_connection_are_numbers_in_an_anonymous_set() -> None:
    (table,) = parse(OF_PORTS, source="test")
    (rule,) = table.chains[0].rules
    ports = [each.ranges for each in rule.body if isinstance(each, FieldMatch) and each.field == "ct-orig-dport"]
    assert ports == [((80, 90), (8080, 8080))]
    assert rule.text == "meta l4proto tcp ct original proto-dst { 80-90, 8080 } accept"


def test_other_words_of_a_listing_stay() -> None:
    listed = "ct original proto-dst { 0x1bb [invalid type], 0x50 [invalid type]-0x5a [invalid type] } accept"
    assert with_numbers(listed) == "ct original proto-dst { 443, 80-90 } accept"
    assert with_numbers("meta mark 0x1bb accept") == "meta mark 0x1bb accept"


DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}

STATEMENTS: dict[str, tuple[Json, Json]] = {
    "meta": (
        {"match": {"left": {"meta": "iifname"}, "right": "lo"}},
        {"match": {"left": {"meta": {"key": "iifname"}}, "right": "lo"}},
    ),
    "payload": (
        {"match": {"left": {"payload": {"name": "tcp", "field": "dport"}}, "right": {"set": [22, 80]}}},
        {"match": {"left": DPORT, "right": {"set": [22, 80]}}},
    ),
    "raw payload": (
        {"match": {"left": {"payload": {"name": "raw", "base": "th", "offset": 0, "len": 8}}, "right": 1}},
        {"match": {"left": {"payload": {"base": "th", "offset": 0, "len": 8}}, "right": 1}},
    ),
    "mangle": (
        {"mangle": {"left": {"meta": "mark"}, "right": {"&": [{"meta": "mark"}, 255]}}},
        {"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"&": [{"meta": {"key": "mark"}}, 255]}}},
    ),
    "verdict map": (
        {"map": {"left": {"payload": {"name": "tcp", "field": "dport"}}, "right": {"set": [[22, {"jump": "ssh"}]]}}},
        {"vmap": {"key": DPORT, "data": {"set": [[22, {"jump": {"target": "ssh"}}]]}}},
    ),
    "translation by a map": (
        {"dnat": {"addr": {"map": {"left": {"payload": {"name": "tcp", "field": "dport"}}, "right": "@m"}}}},
        {"dnat": {"addr": {"map": {"key": DPORT, "data": "@m"}}}},
    ),
    "jump": ({"jump": "ssh"}, {"jump": {"target": "ssh"}}),
    "today's form": ({"jump": {"target": "ssh"}}, {"jump": {"target": "ssh"}}),
}


@each_row(("old", "new"), STATEMENTS.values(), ids=STATEMENTS)
def test_statements_of_rules(old: Json, new: Json) -> None:
    assert modernised([{"rule": {"family": "ip", "expr": [old]}}]) == [{"rule": {"family": "ip", "expr": [new]}}]


def test_elements_of_maps_and_other_objects() -> None:
    assert modernised([{"map": {"name": "m", "elem": [[22, {"goto": "ssh"}]]}}]) == [
        {"map": {"name": "m", "elem": [[22, {"goto": {"target": "ssh"}}]]}}
    ]
    table: Json = {"table": {"family": "ip", "name": "meta"}}
    assert modernised([table]) == [table]


def test_the_first_form_has_no_metainfo() -> None:
    assert is_first_form([{"table": {"family": "ip", "name": "t"}}])
    assert not is_first_form([{"metainfo": {"version": "1.0.6"}}])
