"""Bytes of a frame's header that nft prints without their names: the lines are those of nft 1.0.6."""

import pytest

from hairpin.netfilter.ir import NOT_PRINTED, AnyOfMatch, Field, FieldMatch, Reject
from hairpin.netfilter.nft.fields import HAS_FRAME
from hairpin.netfilter.nft.frame_bytes import as_one_comparison, named_fields, with_error
from hairpin.netfilter.nft.matches import compare
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.syntax import Json, Object
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
