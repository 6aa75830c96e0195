"""Reads the ``mangle`` statement: ``meta mark set …``, ``ct mark set …``, ``ip dscp set …``.

Source: nftables src/json.c {meta,ct,payload,exthdr}_stmt_json(); nft_{meta,ct,payload,exthdr}.c, the set evaluations
"""

from hairpin.netfilter.ir import FULL_MASK, Expression, Field, FieldMatch, NoEffect, Outside, SetField, SetZone
from hairpin.netfilter.nft.expression_text import text_of
from hairpin.netfilter.nft.fields import HAS_CONNECTION, Operand
from hairpin.netfilter.nft.maps import choose, map_elements
from hairpin.netfilter.nft.operands import fold, needs, operand
from hairpin.netfilter.nft.scope import Parts, Scope
from hairpin.netfilter.nft.syntax import Json, Object, content, named, object_of
from hairpin.netfilter.nft.text import statement_text
from hairpin.netfilter.nft.values import number

_WRITABLE = frozenset({
    "saddr4", "daddr4", "saddr6", "daddr6", "dscp", "ecn", "ttl", "sport", "dport", "tcp-flags", "smac", "dmac",
    "mark", "ct-mark",
})  # fmt: skip
_HARMLESS = {
    "meta": frozenset({"nftrace", "priority", "secmark"}),
    "ct": frozenset({"event", "label", "helper", "secmark", "timeout", "expectation"}),
    "payload": frozenset({"id", "checksum", "flowlabel", "sequence", "ackseq", "window", "urgptr", "length"}),
}
"""Keys whose values affect neither the packet's route nor any match that hairpin models."""


def mangle(inner: Json, scope: Scope) -> Parts:
    """Return the change that the statement makes; Outside (with ``ends`` False) for a change that hairpin does not
    model."""
    body = object_of(inner)
    key, value = body.get("key"), body.get("value")
    implied = (*needs(key, scope.family), *needs(value, scope.family), *_read_connection(value, scope))
    text = statement_text({"mangle": inner})
    unknown: Parts = (*implied, Outside(text_of(key), text, ends=False))
    if _is_harmless(key):
        return (*implied, NoEffect(text_of(key), text))
    of = operand(key, scope.family)
    if of.field == "pkttype" or (of.field == "dmac" and scope.family == "bridge"):
        return (*implied, _diverted(of, of.field, value, text))
    zone = of.field == "ct-zone"
    if not zone and (of.field not in _WRITABLE or of.shift or of.mask != FULL_MASK):
        return unknown
    if named(value) == "map":
        return _by_map(of, content(value), scope) or unknown
    found = _zone(value) if zone else assign(of, value, scope)
    return unknown if found is None else (*implied, *found)


def _read_connection(value: Json, scope: Scope) -> tuple[FieldMatch, ...]:
    """Return the condition that a copy from the connection implies: ``meta mark set ct mark`` ends the rule for a
    packet without a connection."""
    folded = fold(value, scope.family)
    from_connection = isinstance(folded, Operand) and folded.field is not None and folded.field.startswith("ct-")
    return (HAS_CONNECTION,) if from_connection else ()


def _is_harmless(key: Json) -> bool:
    name, inner = named(key), content(key)
    if name in ("tcp option", "exthdr", "ip option"):
        return True
    word = inner.get("field") if name == "payload" else inner.get("key")
    return word in _HARMLESS.get(name or "", ())


def _diverted(of: Operand, field: Field, value: Json, text: str) -> Outside:
    """Return Outside for a statement that writes a field which decides the frame's path.  A bridge forwards by the
    hardware address, and IP accepts only certain packet types.  If the write changes a packet's value, the packet's
    path is not modelled."""
    new = number(value, of.kind)
    return Outside(field, text, unless=None if new is None else FieldMatch(field, ((new, new),)))


def _zone(value: Json) -> tuple[Expression, ...] | None:
    zone = number(value, "integer")
    return None if zone is None else (SetZone(zone),)


def _by_map(of: Operand, inner: Object, scope: Scope) -> Parts | None:
    """Return the statement ``meta mark set ip saddr map { … }``; None if the map's key has the field that the statement
    changes."""
    elements = map_elements(inner.get("data"), scope)
    key = inner.get("key")
    if elements is None or of.field == "ct-zone" or (isinstance(key, dict) and _mentions(key, of, scope)):
        return None
    return choose(key, elements, lambda value: assign(of, value, scope), scope)


def _mentions(expression: Json, of: Operand, scope: Scope) -> bool:
    inner = expression[named(expression) or ""] if isinstance(expression, dict) and named(expression) else None
    if isinstance(inner, list):
        return any(_mentions(part, of, scope) for part in inner)
    return isinstance(expression, dict) and operand(expression, scope.family).field == of.field


def assign(of: Operand, value: Json, scope: Scope) -> tuple[Expression, ...] | None:
    """Return the statement ``field set value`` as SetField; None if the IR cannot express it (a map, a random number, a
    shift)."""
    field = of.field
    if field is None:
        return None
    folded = fold(value, scope.family, of.kind)
    if isinstance(folded, int):
        return (SetField(field, 0, folded),)
    if folded is None:
        return _two_fields(of, value, scope)
    source = folded.field
    if folded.shift or folded.add or source is None:
        return None
    if source == field:
        return (SetField(field, folded.mask, folded.xor),)
    first = SetField(field, source=source, source_mask=folded.mask)
    return (first, SetField(field, FULL_MASK, folded.xor)) if folded.xor else (first,)


def _two_fields(of: Operand, value: Json, scope: Scope) -> tuple[Expression, ...] | None:
    """Return a statement that combines two fields: ``meta mark set meta mark & 0xffff0000 | ct mark & 0xffff`` (nft
    1.1.1 on Linux 6.14 and later); None for any other statement."""
    name = named(value)
    inner = value[name] if isinstance(value, dict) and name is not None else None
    if name not in ("|", "^") or not isinstance(inner, list) or len(inner) != 2:
        return None
    both = [fold(part, scope.family, of.kind) for part in inner]
    sides = sorted((each for each in both if isinstance(each, Operand)), key=lambda each: each.field != of.field)
    if len(sides) != 2 or any(each.shift or each.add for each in sides):
        return None
    own, other = sides
    source = other.field
    if own.field != of.field or of.field is None or source in (None, own.field):
        return None
    if name == "|" and (own.mask | own.xor) & (other.mask | other.xor):
        return None
    first = SetField(of.field, own.mask, source=source, source_mask=other.mask)
    constant = own.xor ^ other.xor
    return (first, SetField(of.field, FULL_MASK, constant)) if constant else (first,)
