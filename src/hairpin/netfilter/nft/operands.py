"""Reads left-hand expressions of nft: a field of the packet, and the operations on the field before the comparison.

nft allows ``&``, ``|``, ``^`` and shifts by constants; the IR compares ``field & mask`` with ranges.  Operations that
fit this form are folded into an :class:`~hairpin.netfilter.nft.fields.Operand`.

Source: nftables src/evaluate.c expr_evaluate_binop(); net/netfilter/nft_bitwise.c
"""

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.ir import FULL_MASK, Family, Field, FieldMatch, Ranges
from hairpin.netfilter.nft.data_types import type_of
from hairpin.netfilter.nft.fields import Operand, ct, field_of, network_needs, payload
from hairpin.netfilter.nft.syntax import Json, Object, content, object_of, single, string
from hairpin.netfilter.nft.values import number

_BINARY = frozenset({"&", "|", "^", "<<", ">>"})


def operand(expression: Json, family: Family) -> Operand:
    """Return the operand of a left-hand expression.  The operand's ``field`` is None for a constant, and if the IR has
    no such field.  Raises MalformedError for JSON that is no expression."""
    if not isinstance(expression, dict):
        return Operand(None)
    name, inner = single(expression)
    match name:
        case "payload":
            return payload(object_of(inner), family)
        case "meta":
            return field_of("meta", string(object_of(inner), "key"))
        case "ct":
            return ct(object_of(inner), family)
        case "rt":
            return field_of("rt", str(content(expression).get("key")))
        case "exthdr":
            return _extension(object_of(inner), family)
        case "ip option":
            return Operand(None, needs=network_needs(4, family))
        case "jhash":
            return Operand(None, needs=needs(object_of(inner).get("expr"), family))
        case "&" | "|" | "^" | "<<" | ">>":
            folded = fold(expression, family)
            return folded if isinstance(folded, Operand) else Operand(None, needs=needs(expression, family))
        case _:
            return Operand(None)


_EXTENSIONS = {"hbh": 128, "dst": 64, "rt": 32, "rt0": 32, "rt2": 32, "srh": 32, "frag": 16}


def _extension(inner: Object, family: Family) -> Operand:
    """Return the operand of ``exthdr frag exists`` or ``frag id 5``.  For a packet without the header, ``frag id 5``
    ends the rule (nft_exthdr.c)."""
    bit = _EXTENSIONS.get(str(inner.get("name")), 0)
    network = network_needs(6, family)
    if not bit:
        return Operand(None, needs=network)
    if "field" in inner:
        return Operand(None, needs=(*network, FieldMatch("extensions", ((bit, bit),), mask=bit)))
    return Operand("extensions", "boolean", network, mask=bit)


def needs(expression: Json, family: Family) -> tuple[FieldMatch, ...]:
    """Return the conditions that nft implies before it evaluates the expression, each once."""
    if not isinstance(expression, dict) or len(expression) != 1:
        return ()
    name, inner = next(iter(expression.items()))
    if (name == "concat" or name in _BINARY) and isinstance(inner, list):
        return tuple(dict.fromkeys(need for part in inner for need in needs(part, family)))
    if name in ("map", "vmap") and isinstance(inner, dict):
        return needs(inner.get("key"), family)
    if name == "elem" and isinstance(inner, dict):
        return needs(inner.get("val"), family)
    return operand(expression, family).needs


# --- arithmetic ------------------------------------------------------------------------------------------------------


def fold(expression: Json, family: Family, kind: str = "integer") -> Operand | int | None:
    """Return the expression as one operand or one number; None if the expression is neither, because it has two fields
    or no field of the IR.

    ``kind`` is the data type of plain constants.
    """
    if not isinstance(expression, dict):
        return number(expression, kind)
    name, inner = single(expression)
    if name not in _BINARY:
        found = operand(expression, family)
        return found if found.field is not None else None
    if not isinstance(inner, list) or len(inner) < 2:
        raise MalformedError(message("{name!r} needs two operands", name=name))
    result = fold(inner[0], family, kind)
    for part in inner[1:]:
        right = fold(part, family, result.kind if isinstance(result, Operand) else kind)
        if result is None or right is None:
            return None
        result = apply(name, result, right)
    return result


def apply(name: str, left: Operand | int, right: Operand | int) -> Operand | int | None:
    """Return the result of the operation ``left NAME right``; None if an operand cannot express it."""
    if isinstance(left, int):
        if isinstance(right, Operand):
            return apply(name, right, left) if name in ("&", "|", "^") else None
        return _constant(name, left, right)
    if isinstance(right, Operand) or left.add:
        return None
    if name in ("<<", ">>"):
        return _shifted(left, right if name == ">>" else -right)
    if left.shift < 0 and name != "&" and right & ((1 << -left.shift) - 1):
        return None
    constant = right << left.shift if left.shift >= 0 else right >> -left.shift
    replace = msgspec.structs.replace
    if name == "&":
        mask = left.mask & constant if left.mask != FULL_MASK else _mask(constant, left)
        return replace(left, mask=mask, xor=left.xor & constant)
    if name == "^":
        return replace(left, xor=left.xor ^ constant)
    return replace(left, mask=_mask(left.mask & ~constant, left), xor=left.xor & ~constant | constant)


def _mask(mask: int, of: Operand) -> int:
    """Return the mask, or FULL_MASK if the mask has every bit of the operand's field."""
    width = 16 if of.field in ("icmp", "icmp6") else type_of(of.kind).bits
    every = (1 << width) - 1
    return FULL_MASK if mask & every == every else mask & every


def _shifted(of: Operand, by: int) -> Operand | None:
    """Return the operand shifted right by ``by``; None if no operand expresses this.  A shift to the left masks the
    bits that leave the 32-bit register."""
    if abs(by) >= 32 or type_of(of.kind).bits > 32 or (of.shift and (of.shift > 0) is not (by > 0)):
        return None
    mask, xor = of.mask, of.xor
    if by < 0:
        kept = (1 << max(32 + of.shift + by, 0)) - 1
        mask, xor = (kept if mask == FULL_MASK else mask & kept), xor & kept
    return msgspec.structs.replace(of, shift=of.shift + by, mask=mask, xor=xor)


def _constant(name: str, left: int, right: int) -> int | None:
    match name:
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "<<" if right < 128:
            return left << right
        case ">>":
            return left >> right
        case _:
            return None


def field_match(of: Operand, ranges: Ranges, *, negated: bool) -> FieldMatch | None:
    """Return the comparison of the operand with ranges, or None if the IR cannot express it."""
    field = of.field
    if field is None:
        return None
    if of.kind == "frag-off":
        return _fragment(of, ranges, negated=negated)
    if of.kind == "boolean":
        return _presence(of, field, ranges, negated=negated)
    if of.add:
        ranges = tuple((first - of.add, last - of.add) for first, last in ranges)
    if not of.shift and not of.xor:
        if of.mask != FULL_MASK and all(first == last for first, last in ranges):
            ranges = tuple(each for each in ranges if each[0] & ~of.mask == 0)  # only values in the mask are possible
        return FieldMatch(field, ranges, negated, of.mask)
    unshifted = _unshifted(of, ranges)
    return None if unshifted is None else FieldMatch(field, unshifted, negated, of.mask)


def _unshifted(of: Operand, ranges: Ranges) -> Ranges | None:
    """Return the ranges of ``field & mask`` for which the operand's value, after xor and shift, is in ``ranges``."""
    if of.xor:
        if of.shift > 0 or any(first != last for first, last in ranges):
            return None
        found = [_scaled_back(first, of.shift) for first, _ in ranges]
        wanted = [value ^ of.xor for value in found if value is not None]
        inside = [value for value in wanted if of.mask == FULL_MASK or value & ~of.mask == 0]
        return tuple((value, value) for value in sorted(inside))
    if of.shift > 0:
        low = (1 << of.shift) - 1
        return tuple((first << of.shift, last << of.shift | low) for first, last in ranges)
    size = -of.shift
    found_ranges = [(-(-first >> size), last >> size) for first, last in ranges]
    return tuple((first, last) for first, last in found_ranges if first <= last)


def _scaled_back(value: int, shift: int) -> int | None:
    return value >> -shift if value & ((1 << -shift) - 1) == 0 else None


def _fragment(of: Operand, ranges: Ranges, *, negated: bool) -> FieldMatch | None:
    """Return the comparison of ``ip frag-off & 0x1fff``; None for any other comparison than with zero.  The IR has only
    whether the offset is zero."""
    if of.mask != 0x1FFF or of.xor or of.shift:
        return None
    if ranges == ((0, 0),):
        return FieldMatch("fragment", ((0, 0),), negated)
    if len(ranges) == 1 and ranges[0][0] == 1 and ranges[0][1] >= 0x1FFF:
        return FieldMatch("fragment", ((1, 1),), negated)
    return None


def _presence(of: Operand, field: Field, ranges: Ranges, *, negated: bool) -> FieldMatch | None:
    """Return the comparison with ``exists`` (the field has any value but zero) or ``missing`` (the field is zero)."""
    if field == "extensions":
        known = ranges in (((0, 0),), ((1, 1),))
        missing = (ranges == ((0, 0),)) is not negated
        return FieldMatch(field, ((of.mask, of.mask),), missing, of.mask) if known else None
    if ranges == ((0, 0),):
        return FieldMatch(field, ((0, 0),), negated)
    return FieldMatch(field, ((0, 0),), not negated) if ranges == ((1, 1),) else None
