import json

from hairpin.netfilter.evaluate.match import satisfies
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import AnyOfMatch, Field, FieldMatch, Match
from hairpin.netfilter.nft.listing import parse as parse_json
from hairpin.netfilter.nft.merged_payloads import are_merged, merges
from hairpin.netfilter.nft.syntax import Json
from tests.netfilter.seen import FIRST, SYN_PACKET, question
from tests.rows import each_row

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
