import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.errors import MalformedError
from hairpin.netfilter.ir import FULL_MASK, FieldMatch, Ranges
from hairpin.netfilter.nft.fields import Operand
from hairpin.netfilter.nft.operands import apply, field_match, fold, needs, operand
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

MARK: Json = {"meta": {"key": "mark"}}
SADDR: Json = {"payload": {"protocol": "ip", "field": "saddr"}}
DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}

FOLDED: dict[str, tuple[Json, Operand | int | None]] = {
    "constant": (5, 5),
    "constants": ({"|": [1, 2, 4]}, 7),
    "mask": ({"&": [MARK, 0xFF]}, Operand("mark", "mark", mask=0xFF)),
    "mask of all bits": ({"&": [MARK, 0xFFFFFFFF]}, Operand("mark", "mark")),
    "mask of an address": ({"&": [SADDR, "255.255.0.0"]}, Operand("saddr4", "ipv4_addr", mask=0xFFFF0000)),
    "set bits": ({"|": [MARK, 0x10]}, Operand("mark", "mark", mask=0xFFFFFFEF, xor=0x10)),
    "set bits, as nft prints it": (
        {"|": [{"&": [MARK, 0xFFFF0010]}, 0x10]},
        Operand("mark", "mark", mask=0xFFFF0000, xor=0x10),
    ),
    "flip bits": ({"^": [MARK, 0x10]}, Operand("mark", "mark", xor=0x10)),
    "shift right": ({">>": [MARK, 8]}, Operand("mark", "mark", shift=8)),
    "shift left": ({"<<": [{"&": [MARK, 0xFF]}, 8]}, Operand("mark", "mark", mask=0xFF, shift=-8)),
    "shift left, bits lost": ({"<<": [MARK, 8]}, Operand("mark", "mark", mask=0xFFFFFF, shift=-8)),
    "two fields": ({"|": [MARK, {"ct": {"key": "mark"}}]}, None),
    "no field of the IR": ({"&": [{"meta": {"key": "cpu"}}, 1]}, None),
    "interface": ({"meta": {"key": "iifname"}}, None),
}


@each_row(("expression", "expected"), FOLDED.values(), ids=FOLDED)
def test_fold(expression: Json, expected: Operand | int | None) -> None:
    assert fold(expression, "ip") == expected


@pytest.mark.parametrize("expression", ({"&": [MARK]}, {"&": 5}, {"payload": 5}, {"meta": {}}))
def test_half_an_expression_is_malformed(expression: Json) -> None:
    with pytest.raises(MalformedError):
        fold(expression, "ip")


def test_needs_are_gathered_from_every_part() -> None:
    both: Json = {"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, DPORT, DPORT]}
    assert needs(both, "inet") == (FieldMatch("nfproto", ((2, 2),)), FieldMatch("protocol", ((6, 6),)))
    assert needs({"elem": {"val": DPORT, "timeout": 5}}, "ip") == (FieldMatch("protocol", ((6, 6),)),)
    assert needs({"map": {"key": DPORT, "data": "@m"}}, "ip") == (FieldMatch("protocol", ((6, 6),)),)
    assert needs({"jhash": {"expr": DPORT, "mod": 2}}, "ip") == (FieldMatch("protocol", ((6, 6),)),)
    assert needs("constant", "ip") == ()


def test_an_expression_without_a_field_is_an_operand_without_one() -> None:
    assert operand({"tcp option": {"name": "maxseg"}}, "ip").field is None
    assert operand({"rt": {"key": "mtu"}}, "ip").field is None
    assert operand({"rt": {"key": "ipsec"}}, "ip").field == "ipsec-out"
    assert operand({"something": "new"}, "ip") == Operand(None)
    assert operand("lo", "ip") == Operand(None)
    assert operand({"|": [{"meta": {"key": "cpu"}}, 1]}, "ip").field is None


MATCHES: dict[str, tuple[Operand, Ranges, FieldMatch | None]] = {
    "plain": (Operand("dport"), ((22, 22),), FieldMatch("dport", ((22, 22),))),
    "icmp type": (Operand("icmp", "icmp_type", shift=8), ((8, 8),), FieldMatch("icmp", ((0x800, 0x8FF),))),
    "icmp code": (Operand("icmp", "icmp_code", mask=0xFF), ((3, 4),), FieldMatch("icmp", ((3, 4),), mask=0xFF)),
    "length of IPv6": (Operand("length", "short", add=-40), ((20, 30),), FieldMatch("length", ((60, 70),))),
    "fragments": (Operand("fragment", "frag-off", mask=0x1FFF), ((0, 0),), FieldMatch("fragment", ((0, 0),))),
    "later fragments": (Operand("fragment", "frag-off", mask=0x1FFF), ((1, 65535),), FieldMatch("fragment", ((1, 1),))),
    "do not fragment": (Operand("fragment", "frag-off", mask=0x4000), ((0, 0),), None),
    "one offset": (Operand("fragment", "frag-off", mask=0x1FFF), ((7, 7),), None),
    "missing": (Operand("ipsec-in", "boolean"), ((0, 0),), FieldMatch("ipsec-in", ((0, 0),))),
    "exists": (Operand("ipsec-in", "boolean"), ((1, 1),), FieldMatch("ipsec-in", ((0, 0),), negated=True)),
    "a bit that the mask leaves out": (
        Operand("mark", "mark", mask=0xF0, xor=0x1),
        ((0x10, 0x10),),
        FieldMatch("mark", (), mask=0xF0),
    ),
    "ranges of flipped bits": (Operand("mark", "mark", xor=0x1), ((1, 5),), None),
    "no field": (Operand(None), ((1, 1),), None),
}


@each_row(("of", "ranges", "expected"), MATCHES.values(), ids=MATCHES)
def test_field_match(of: Operand, ranges: Ranges, expected: FieldMatch | None) -> None:
    assert field_match(of, ranges, negated=False) == expected


BITS = st.integers(0, 0xFFFFFFFF)
STEPS = st.lists(
    st.one_of(st.tuples(st.sampled_from(["&", "|", "^"]), BITS), st.tuples(st.just(">>"), st.integers(0, 12))),
    max_size=4,
) | st.lists(
    st.one_of(st.tuples(st.sampled_from(["&", "^"]), BITS), st.tuples(st.just("<<"), st.integers(0, 12))), max_size=4
)


def computed(value: int, steps: list[tuple[str, int]]) -> int:
    """Return what nft's bitwise expressions make of the value in a 32 bit register."""
    for name, right in steps:
        match name:
            case "&":
                value &= right
            case "|":
                value |= right
            case "^":
                value ^= right
            case ">>":
                value >>= right
            case _:
                value = value << right & 0xFFFFFFFF
    return value


@given(like=BITS, steps=STEPS, flipped=BITS, bit=st.integers(0, 31))
def test_folding_keeps_the_meaning(like: int, steps: list[tuple[str, int]], flipped: int, bit: int) -> None:
    """The folded comparison is satisfied by exactly those values for which nft's own arithmetic gives the constant."""
    folded: Operand | int | None = Operand("mark", "mark")
    for name, right in steps:
        if folded is not None:
            folded = apply(name, folded, right)
    if not isinstance(folded, Operand):
        return
    wanted = computed(like, steps)
    match = field_match(folded, ((wanted, wanted),), negated=False)
    if match is None:
        return
    for value in (like, flipped, like ^ 1 << bit):
        inside = any(first <= (value & match.mask) <= last for first, last in match.ranges)
        assert inside == (computed(value, steps) == wanted)


def test_full_mask_is_kept() -> None:
    assert Operand("mark").mask == FULL_MASK
