"""Bytes of a frame's header that nft prints without their names: the lines are those of nft 1.0.6."""

import json

import pytest

from hairpin.netfilter.evaluate.match import satisfies
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import NOT_PRINTED, AnyOfMatch, Field, FieldMatch, Match, Reject
from hairpin.netfilter.nft.fields import HAS_FRAME
from hairpin.netfilter.nft.listing import parse as parse_json
from hairpin.netfilter.nft.matches import compare
from hairpin.netfilter.nft.merged_fields import are_merged, as_one_comparison, merges, named_fields, with_error
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.syntax import Json, Object
from tests.netfilter.seen import FIRST, SYN_PACKET, question
from tests.rows import each_row

SCOPE = Scope("inet", "t")
SAME, OTHER, IP = 0x020000000101, 0x020000000009, 0x0800
BARE = Reject("icmpx-port-unreachable")


def raw(offset: int, length: int, base: str = "ll") -> Object:
    return {"base": base, "offset": offset, "len": length}


def equal(field: Field, value: int, *, negated: bool = False) -> FieldMatch:
    return FieldMatch(field, ((value, value),), negated=negated)


# bytes, value, the fields that they are
COVERED: dict[str, tuple[Object, Json, tuple[tuple[str, int], ...]]] = {
    "sender and type": (raw(48, 64), 0x0200000001010800, (("saddr", SAME), ("type", IP))),
    "all of the header": (
        raw(0, 112), "0x200000001010200000000090800", (("daddr", SAME), ("saddr", OTHER), ("type", IP)),
    ),
    "type": (raw(96, 16), 0x0800, (("type", IP),)),
    "half an address": (raw(48, 24), 0x020000, ()),
    "an address and half of the next": (raw(0, 72), 0x020000000101020000, ()),
    "another header": (raw(96, 32, "nh"), 0x01020304, ()),
    "no number": (raw(96, 16), {"set": [1, 2]}, ()),
}  # fmt: skip


@each_row(("payload", "value", "fields"), COVERED.values(), ids=COVERED)
def test_fields_of_bytes(payload: Object, value: Json, fields: tuple[tuple[str, int], ...]) -> None:
    expected = tuple(({"payload": {"protocol": "ether", "field": name}}, number) for name, number in fields)
    assert named_fields(payload, value) == expected


def test_equal_bytes_are_equal_fields() -> None:
    found = compare({"payload": raw(48, 64)}, "==", 0x0200000001010800, SCOPE)
    assert found == (HAS_FRAME, equal("smac", SAME), equal("ethertype", IP))


def test_unequal_bytes_differ_in_one_field_or_more() -> None:
    found = compare({"payload": raw(48, 64)}, "!=", 0x0200000001010800, SCOPE)
    either = AnyOfMatch((equal("smac", SAME, negated=True), equal("ethertype", IP, negated=True)))
    assert found == (HAS_FRAME, either)


def test_one_field_stays_one() -> None:
    other = equal("smac", SAME, negated=True)
    assert as_one_comparison([(other,)], negated=True) == (other,)


BY_TYPE: Json = {"match": {"op": "==", "left": {"payload": raw(96, 16)}, "right": IP}}
BY_SENDER: Json = {"match": {"op": "==", "left": {"payload": raw(48, 48)}, "right": SAME}}

# statements, whether a bare reject among them may be any error
REJECTED: dict[str, tuple[list[Json], bool]] = {
    "by a type without a name": ([BY_TYPE, {"reject": None}], True),
    "by a source hardware address": ([BY_SENDER, {"reject": None}], False),
    "without a match": ([{"reject": None}], False),
}


@pytest.mark.parametrize(("statements", "unknown"), REJECTED.values(), ids=REJECTED)
def test_the_error_of_a_bare_reject(statements: list[Json], unknown: bool) -> None:
    assert with_error((BARE,), statements) == ((NOT_PRINTED if unknown else BARE),)


def test_an_error_that_is_printed_is_that() -> None:
    assert with_error((Reject("tcp-reset"),), [BY_TYPE]) == (Reject("tcp-reset"),)


def test_frames_come_by_ethernet() -> None:
    assert compare({"meta": {"key": "iiftype"}}, "==", "ether", SCOPE) == (HAS_FRAME,)
    assert compare({"meta": {"key": "iiftype"}}, "==", "ppp", SCOPE) != (HAS_FRAME,)


NO_SPORT = FieldMatch("sport", ((40000, 40000),), negated=True)
NO_DPORT = FieldMatch("dport", ((81, 81),), negated=True)
EITHER = AnyOfMatch((NO_SPORT, NO_DPORT))
APART = (NO_SPORT, NO_DPORT)
NO_CODE = FieldMatch("icmp", ((1, 1),), negated=True, mask=0xFF)
NO_ECHO = FieldMatch("icmp", ((0x800, 0x8FF),), negated=True)

# version, whether it merges
VERSIONS = {"1.0.6": True, "1.0.9": True, "1.1.0": False, "1.1.3": False, "None": False}


@each_row(("version", "expected"), VERSIONS.items())
def test_merges(version: str, expected: bool) -> None:
    assert merges(version) is expected


def ruleset(version: str, *fields: tuple[str, str, object], family: str = "ip") -> str:
    expr = [
        {"match": {"op": "!=", "left": {"payload": {"protocol": name, "field": field}}, "right": value}}
        for name, field, value in fields
    ]
    rule = {"family": family, "table": "t", "chain": "c", "handle": 2, "expr": expr}
    chain = {"family": family, "table": "t", "name": "c", "handle": 1}
    objects = [{"metainfo": {"version": version}}, {"table": {"family": family, "name": "t"}}, {"chain": chain}]
    return json.dumps({"nftables": [*objects, {"rule": rule}]})


# version, fields, matches
LISTED: dict[str, tuple[str, tuple[tuple[str, str, object], ...], tuple[Match, ...]]] = {
    "older": ("1.0.6", (("tcp", "sport", 40000), ("tcp", "dport", 81)), (EITHER,)),
    "newer": ("1.1.0", (("tcp", "sport", 40000), ("tcp", "dport", 81)), APART),
    "a set": ("1.0.6", (("tcp", "sport", {"set": [40000]}), ("tcp", "dport", 81)), APART),
    "something else behind": (
        "1.0.6", (("ip", "ttl", 5), ("tcp", "dport", {"set": [81]})),
        (FieldMatch("ttl", ((5, 5),), negated=True), NO_DPORT),
    ),
    "type and code": (
        "1.0.6", (("icmp", "type", 8), ("icmp", "code", 1)),
        (FieldMatch("protocol", ((1, 1),)), AnyOfMatch((NO_ECHO, NO_CODE))),
    ),
    "not side by side": (
        "1.0.6", (("ip", "ttl", 5), ("tcp", "dport", 81)), (FieldMatch("ttl", ((5, 5),), negated=True), NO_DPORT),
    ),
}  # fmt: skip


@each_row(("version", "fields", "expected"), LISTED.values(), ids=LISTED)
def test_listed(version: str, fields: tuple[tuple[str, str, object], ...], expected: tuple[Match, ...]) -> None:
    (table,) = parse_json(ruleset(version, *fields), source="test")
    body = table.chains[0].rules[0].body
    assert tuple(each for each in body if each != FieldMatch("protocol", ((6, 6),))) == expected


def test_of_a_frames_header_all_is_merged() -> None:
    fields = (
        ("ether", "daddr", "02:00:00:00:00:01"),
        ("ether", "saddr", "02:00:00:00:00:02"),
        ("ether", "type", "ip6"),
    )
    (table,) = parse_json(ruleset("1.0.6", *fields, family="bridge"), source="test")
    asked: tuple[tuple[Field, int], ...] = (("dmac", 0x020000000001), ("smac", 0x020000000002), ("ethertype", 0x86DD))
    parts = tuple(FieldMatch(name, ((value, value),), negated=True) for name, value in asked)
    assert table.chains[0].rules[0].body == (AnyOfMatch(parts),)


def test_only_a_neighbour_is_merged() -> None:
    """``ip dscp != cs1 meta l4proto tcp``: a field without a neighbour, and what is no field of a header."""
    dscp: Json = {"match": {"op": "!=", "left": {"payload": {"protocol": "ip", "field": "dscp"}}, "right": "cs1"}}
    protocol: Json = {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}}
    assert not are_merged(dscp, protocol)


def test_one_of_both_is_enough() -> None:
    assert (SYN_PACKET.sport, SYN_PACKET.dport) == (40000, 80)
    assert satisfies(question(FIRST), EITHER) is Truth.YES
    both = AnyOfMatch((NO_SPORT, FieldMatch("dport", ((80, 80),), negated=True)))
    assert satisfies(question(FIRST), both) is Truth.NO
