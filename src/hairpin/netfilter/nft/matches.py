"""Reads the ``match`` statement: a left-hand expression, an operator, and a right-hand side.

Operators: ``==`` ``!=`` ``<`` ``>`` ``<=`` ``>=``; ``in``: any of the flags is set (``ct state new``); ``!``: none of
    the flags is set.  An expression without a value in this packet (a port of ICMP, a mark without a connection) ends
    the rule, whatever the operator (NFT_BREAK).  If the hook has no input or output interface, the name of this
    interface is empty and its index is 0 (since Linux 5.4; measured on 6.18).

Source: nftables src/json.c, src/netlink_linearize.c netlink_gen_{relational,flagcmp}(); nft_{cmp,bitwise,lookup}.c
"""

from typing import Literal

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.mss import ORDINARY_MSS
from hairpin.netfilter.nft.data_types import type_of
from hairpin.netfilter.nft.fields import HAS_CONNECTION, HAS_FRAME, Operand
from hairpin.netfilter.nft.merged_fields import as_one_comparison, named_fields
from hairpin.netfilter.nft.misprints import as_loaded
from hairpin.netfilter.nft.operands import field_match, needs, operand
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.sets import concatenated, element, plain_fields
from hairpin.netfilter.nft.syntax import Json, Object, content, elements_of, named, words
from hairpin.netfilter.nft.text import match_text
from hairpin.netfilter.nft.values import interface, intervals, number, time_window

_HISTORY = {
    "random": "random", "day": "time", "hour": "time", "time": "time",
    "bytes": "connbytes", "packets": "connbytes", "avgpkt": "connbytes", "expiration": "timeout",
}  # fmt: skip
_IS_TCP = ir.FieldMatch("protocol", ((6, 6),))
_NEGATIVE = frozenset({"!=", "!"})
_FROM_ETHERNET = (("==", "ether"), ("==", 1))
"""The operators and right-hand sides of ``meta iiftype ether``; ARPHRD_ETHER is 1."""


def read_match(body: Object, scope: Scope) -> tuple[ir.Match, ...]:
    """Return the matches of a ``match`` statement, implied matches first."""
    if "left" not in body or "right" not in body:
        raise MalformedError(message("a match needs left and right"))
    operator = body.get("op", "")
    if not isinstance(operator, str):
        raise MalformedError(message("a match whose op is not a string"))
    return compare(body["left"], operator, body["right"], scope)


def compare(left: Json, operator: str, right: Json, scope: Scope) -> tuple[ir.Match, ...]:
    """Return the matches of ``left operator right``, implied matches first.  A comparison that is not modelled is an
    OpaqueMatch."""
    name = named(left)
    found: tuple[ir.Match, ...] | None
    match name:
        case "concat":
            found = _concatenation(left, operator, right, scope)
        case "fib":
            found = _fib(content(left), operator, right)
        case "socket":
            found = _socket(content(left), operator, right)
        case "payload" if "base" in content(left) and (fields := named_fields(content(left), right)):
            parts = [compare(each, operator, value, scope) for each, value in fields]
            found = as_one_comparison(parts, negated=operator == "!=") if operator in ("==", "!=") else None
        case "meta" if content(left).get("key") == "iiftype" and (operator, right) in _FROM_ETHERNET:
            return (HAS_FRAME,)
        case _:
            loaded = as_loaded(left, right)
            if loaded is None:
                return (HAS_CONNECTION, ir.OpaqueMatch(match_text(left, operator, right)))
            of = operand(loaded[0], scope.family)
            one = _one(of, operator, loaded[1])
            if one is not None:
                return (*of.needs, one)
            found = None
    if found is not None:
        return found
    text = match_text(left, operator, right)
    why = chance(left)
    last = ir.OpaqueMatch(text) if why is None else _stateful(why, text, left, operator, right)
    if why == "time" and isinstance(last, ir.StatefulMatch) and name == "meta":
        last = msgspec.structs.replace(last, limit=time_window(str(content(left).get("key")), operator, right))
    of_tcp = (_IS_TCP,) if why == "tcpmss" else ()  # nft_exthdr.c nft_tcp_header_pointer(): else the rule ends
    return (*needs(left, scope.family), *of_tcp, last)


def chance(expression: Json) -> str | None:
    """Return the kind of history, time or chance on which the expression's value depends, or None."""
    name = named(expression)
    if name is None or not isinstance(expression, dict):
        return None
    if name in ("numgen", "jhash", "symhash"):
        return name
    inner = expression[name]
    if isinstance(inner, list):
        return next((why for part in inner if (why := chance(part)) is not None), None)
    if name in ("meta", "ct") and isinstance(inner, dict):
        return _HISTORY.get(str(inner.get("key")))
    if name == "tcp option" and inner == {"name": "maxseg", "field": "size"}:
        return "tcpmss"
    return None


def _stateful(why: str, text: str, left: Json, operator: str, right: Json) -> ir.StatefulMatch:
    """Return the match.  Of a random number: whether it satisfies the comparison more often than not, and whether it
    always or never does."""
    if (drawn := _outcomes(left)) is not None:
        least, most = drawn
        ranges, numbers = _ranges("integer", operator, right), most - least + 1
        hits = sum(max(0, min(last, most) - max(first, least) + 1) for first, last in ranges or ())
        fixed = ranges is not None and hits in (0, numbers) and content(left).get("mode") != "inc"
        return ir.StatefulMatch(why, text, (2 * hits >= numbers) is not (operator == "!="), fixed=fixed)
    return ir.StatefulMatch(why, text, usual=_usual(why, operator, right))


def _usual(why: str, operator: str, right: Json) -> bool:
    """Return whether the first packet of a connection, on an idle host, satisfies the comparison."""
    if why == "tcpmss":
        sizes = _ranges("integer", operator, right) or ()
        return any(first <= ORDINARY_MSS <= last for first, last in sizes) is not (operator == "!=")
    if why != "connbytes":
        return True
    ends = intervals([right], "integer")
    return operator in ("<", "<=", "!=") or (ends is not None and ends[0][0] == 0)


def _outcomes(left: Json) -> tuple[int, int] | None:
    """Return the least and the greatest of the numbers of which one is drawn; of ``numgen inc`` the first that it gives
    (nft_numgen.c nft_ng_inc_init(), nft_meta.c nft_meta_get_eval())."""
    if named(left) == "meta" and content(left).get("key") == "random":
        return 0, (1 << 32) - 1
    if named(left) != "numgen":
        return None
    modulus, offset = (number(content(left).get(key, 0), "integer") or 0 for key in ("mod", "offset"))
    return offset, offset if content(left).get("mode") == "inc" else offset + modulus - 1


def _one(of: Operand, operator: str, right: Json) -> ir.Match | None:
    """Return the comparison of one operand with the right-hand side; None if the IR cannot express it."""
    if isinstance(right, str) and right.startswith("@"):
        field = of.key
        if field is None or operator not in ("==", "!=", "in", ""):
            return None
        return ir.SetMatch(right[1:], (field,), negated=operator == "!=")
    if of.interface is not None:
        return _name(of, operator, right)
    single = not isinstance(right, dict) or "|" in right
    if operator == "!" or (type_of(of.kind).flags and single and operator in ("in", "")):
        return _flags(of, right, negated=operator != "!")
    ranges = _ranges(of.kind, operator, right)
    return None if ranges is None else field_match(of, ranges, negated=operator in _NEGATIVE)


def _flags(of: Operand, right: Json, *, negated: bool) -> ir.FieldMatch | None:
    """Return the comparison with flags.  ``in`` is satisfied if any of the flags is set, that is if ``& flags`` is not
    zero; ``!`` if none of them is set."""
    flags = number(right, of.kind)
    if flags is None or of.shift or of.xor or of.field is None:
        return None
    return ir.FieldMatch(of.field, ((0, 0),), negated, flags & of.mask)


def _ranges(kind: str, operator: str, right: Json) -> ir.Ranges | None:
    match operator:
        case "==" | "!=" | "in" | "":
            if isinstance(right, dict) and "set" in right:
                return intervals(elements_of(right), kind)
            flags_or_one = type_of(kind).flags or not isinstance(right, list)
            return intervals([right] if flags_or_one else elements_of({"set": right}), kind)
        case "<" | "<=" | ">" | ">=":
            limit = number(right, kind)
            if limit is None:
                return None
            if operator[0] == "<":
                limit -= operator == "<"
                return ((0, limit),) if limit >= 0 else ()
            return ((limit + (operator == ">"), (1 << type_of(kind).bits) - 1),)
        case _:
            return None


def _name(of: Operand, operator: str, right: Json) -> ir.NameMatch | None:
    if operator not in ("==", "!=", "in", "") or of.interface is None:
        return None
    values = elements_of(right) if isinstance(right, dict) else elements_of({"set": right})
    names = [interface(value, of.kind) for value in values]
    found = tuple(name for name in names if name is not None)
    return ir.NameMatch(of.interface, found, operator == "!=") if len(found) == len(names) else None


# --- concatenations --------------------------------------------------------------------------------------------------


def _concatenation(left: Json, operator: str, right: Json, scope: Scope) -> tuple[ir.Match, ...] | None:
    """Return the match of a concatenation, such as ``ip saddr . tcp dport``, with a set or values; None if the IR
    cannot express it."""
    parts = concatenated(left)
    implied = needs(left, scope.family)
    if operator not in ("==", "!=", "in", ""):
        return None
    operands = [operand(part, scope.family) for part in parts]
    fields = plain_fields(operands)
    negated = operator == "!="
    if isinstance(right, str) and right.startswith("@"):
        return None if fields is None else (*implied, ir.SetMatch(right[1:], fields, negated))
    values = elements_of(right) if isinstance(right, dict) and "set" in right else [right]
    if fields is not None:
        kinds = [of.kind for of in operands]
        elements = [element(value, kinds) for value in values]
        known = tuple(each for each in elements if each is not None)
        return (*implied, ir.InlineSetMatch(known, fields, negated)) if len(known) == len(elements) else None
    if [(of.field, of.shift, of.mask) for of in operands] in _TYPE_AND_CODE:
        return _type_and_code(operands[0], values, implied, negated=negated)
    if len(values) != 1 or negated or len(concatenated(values[0])) != len(parts):
        return None
    each = zip(parts, concatenated(values[0]), strict=True)
    return tuple(one for part, value in each for one in compare(part, "==", value, scope))


_FULL = Operand(None).mask
_TYPE_AND_CODE = [[("icmp", 8, _FULL), ("icmp", 0, 0xFF)], [("icmp6", 8, _FULL), ("icmp6", 0, 0xFF)]]


def _type_and_code(
    of: Operand, values: list[Json], implied: tuple[ir.FieldMatch, ...], *, negated: bool
) -> tuple[ir.Match, ...] | None:
    """Return the match of ``icmp type . icmp code``, which are one number in the IR; None if the IR cannot express
    it."""
    found: list[tuple[int, int]] = []
    for value in values:
        both = concatenated(value)
        if len(both) != 2:
            return None
        kind = intervals([both[0]], of.kind)
        code = intervals([both[1]], of.kind.replace("type", "code"))
        if kind is None or code is None or kind[0][0] != kind[0][1] or of.field is None:
            return None
        found.append((kind[0][0] << 8 | code[0][0], kind[0][0] << 8 | code[0][1]))
    match = field_match(Operand(of.field), tuple(sorted(found)), negated=negated)
    return None if match is None else (*implied, match)


# --- questions to the namespace --------------------------------------------------------------------------------------

_ROUTE_TYPES = (
    "unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
)  # fmt: skip


def _fib(inner: Object, operator: str, right: Json) -> tuple[ir.Match, ...] | None:
    """Return the match of ``fib daddr type local`` or ``fib saddr . iif oif missing``; None for a ``fib`` that is not
    modelled."""
    flags = words(inner.get("flags"))
    negated = operator == "!="
    if operator not in ("==", "!=", "in", "") or ("saddr" in flags) is ("daddr" in flags):
        return None
    if inner.get("result") == "type":
        types = tuple(_route_type(each) for each in elements_of(right if isinstance(right, dict) else {"set": right}))
        if "mark" in flags or None in types:
            return None
        found = tuple(each for each in types if each is not None)
        limit: Literal["iif", "oif"] | None = "iif" if "iif" in flags else "oif" if "oif" in flags else None
        return (ir.FibMatch("saddr" if "saddr" in flags else "daddr", found, negated, limit),)
    if "saddr" not in flags or "oif" in flags or inner.get("result") not in ("oif", "check"):
        return None
    exists = {"True": True, "exists": True, "False": False, "0": False, "missing": False}.get(str(right))
    if exists is None:
        return None
    way_back = exists is not negated
    return (ir.ReversePathMatch(negated=not way_back, loose="iif" not in flags, validmark="mark" in flags),)


def _route_type(value: Json) -> str | None:
    if isinstance(value, str):
        return value if value in _ROUTE_TYPES else None
    return _ROUTE_TYPES[value] if isinstance(value, int) and 0 <= value < len(_ROUTE_TYPES) else None


def _socket(inner: Object, operator: str, right: Json) -> tuple[ir.Match, ...] | None:
    """Return the match of ``socket transparent 1`` or ``socket wildcard 0``, which a packet without a socket never
    satisfies; None for any other ``socket`` expression."""
    wanted = number(right, "boolean")
    if operator not in ("==", "!=") or wanted not in (0, 1):
        return None
    yes = (wanted == 1) is (operator == "==")
    match inner.get("key"):
        case "transparent":
            found = ir.SocketMatch(transparent=True, nowildcard=True)
            return (found,) if yes else (ir.SocketMatch(nowildcard=True), msgspec.structs.replace(found, negated=True))
        case "wildcard":
            return (ir.SocketMatch(nowildcard=True), ir.SocketMatch(negated=True)) if yes else (ir.SocketMatch(),)
        case _:
            return None
