"""Reads statements of nft rules as JSON of libnftables.

Source: nft(8) STATEMENTS; libnftables-json(5); nftables src/parser_bison.y stmt
"""

from collections.abc import Callable

from hairpin.message import message
from hairpin.netfilter.nft.script.constants import with_ports
from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.expressions import (
    JUMPS,
    VERDICTS,
    concatenation,
    connections,
    constant,
    counts,
    element_key,
    flag_list,
    limit,
    mapping,
    operand_of,
    quota,
    reference,
    right_side,
    traffic_class,
    verdict,
    with_map,
)
from hairpin.netfilter.nft.script.nat_statements import copy_or_forward, queue, tproxy, translation
from hairpin.netfilter.nft.syntax import Json, Object, content, named

_RELATIONS = {
    "==": "==", "eq": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", ">": ">", "gt": ">", "<=": "<=", "le": "<=",
    ">=": ">=", "ge": ">=", "!": "!",
}  # fmt: skip
_FLAGS = {"tcp flags": True, "ct state": True, "ct status": True, "ct label": True, "ct event": True}
_LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit")
_METER_SIZE = 65535
Rule = list[Json]
Reader = Callable[[Cursor], Json]


def rule(at: Cursor) -> tuple[Rule, str | None]:
    """Read a rule and return its statements and its comment."""
    found: Rule = []
    comment: str | None = None
    while not at.at_end():
        if at.accept("comment"):
            comment = at.name()
            break
        found.append(statement(at))
    if not found:
        raise at.unread()
    return found, comment


def statement(at: Cursor) -> Json:
    """Read and return one statement of a rule."""
    token = at.peek()
    if token.kind == "word":
        if token.text in JUMPS and at.peek(1).means("{"):
            at.take()
            return {token.text: {"rules": _inner_rules(at)}}
        if token.text in (*VERDICTS, *JUMPS):
            return verdict(at)
        reader = _READERS.get(token.text)
        found = reader(at) if reader is not None else None
        if found is not None:
            return found
    return _relation(at)


def _inner_rules(at: Cursor) -> list[Json]:
    """Read and return the rules of a chain without a name: ``jump { … }``."""
    at.open_block()
    found: list[Json] = []
    at.skip_ends()
    while not at.at("}"):
        statements, comment = rule(at)
        found.append({"expr": statements, **({"comment": comment} if comment is not None else {})})
        at.end_line()
    at.close_block()
    return found


# --- comparisons, and what begins like one ---------------------------------------------------------------------------


def _relation(at: Cursor) -> Json:
    left: Json = concatenation(at, operand_of)
    if at.accept("vmap"):
        return {"vmap": {"key": left, "data": with_ports(left, mapping(at))}}
    if at.accept("map"):
        left = {"map": {"key": left, "data": mapping(at)}}
    if at.accept("set"):
        return _assignment(at, left)
    if not isinstance(left, dict):
        raise at.unread()
    operator = _RELATIONS[at.take().text] if at.peek().text in _RELATIONS and at.peek().kind != "quoted" else ""
    is_class = content(left).get("key") == "priority"
    right, mask = (traffic_class(at), None) if is_class else right_side(at)
    right = with_ports(left, right)
    if mask is not None:
        masked: list[Json] = [left, _joined(mask)]
        return {"match": {"op": operator or "==", "left": {"&": masked}, "right": _joined(right)}}
    if operator in ("==", "!=") and isinstance(right, list):
        right = _joined(right)
    return {"match": {"op": operator or _implied(left, right), "left": left, "right": _as_printed(left, right)}}


def _joined(flags: Json) -> Json:
    """Return several flags as one value."""
    return {"|": flags} if isinstance(flags, list) else flags


def _implied(left: Json, right: Json) -> str:
    """Return the operator of a comparison that is written without an operator: ``in`` for flags, else ``==``."""
    inner, name = content(left), named(left)
    of_flags = _FLAGS.get(f"{inner.get('protocol', name)} {inner.get('field', inner.get('key'))}", False)
    single = not isinstance(right, dict) or "|" in right
    return "in" if of_flags and single and not (isinstance(right, str) and right.startswith("@")) else "=="


def _as_printed(left: Json, right: Json) -> Json:
    if isinstance(right, list) and len(right) == 1:
        return right[0]
    if named(left) == "fib" and right in (0, "0"):
        return False
    return right


def _assignment(at: Cursor, left: Json) -> Json:
    inner = content(left)
    is_class = inner.get("key") == "priority" and at.peek(1).means(":")
    value = traffic_class(at) if is_class else _flags_or_map(at)
    if named(left) == "ct" and inner.get("key") in ("helper", "timeout", "expectation"):
        return {f"ct {inner['key']}": value}
    if named(left) == "meta" and inner.get("key") == "secmark" and named(value) != "ct":
        return {"secmark": value}
    return {"mangle": {"key": left, "value": with_ports(left, value)}}


def _flags_or_map(at: Cursor) -> Json:
    found = with_map(at)
    if not at.accept(","):
        return found
    rest = flag_list(at)
    return [found, *(rest if isinstance(rest, list) else [rest])]


# --- by their first word ---------------------------------------------------------------------------------------------


def _object_or(at: Cursor, read: Reader) -> Json:
    """Return the name of an object, a map to names of objects, or the parameters that ``read`` returns."""
    if not at.accept("name"):
        return read(at)
    return with_map(at)


def _counter(at: Cursor) -> Json:
    at.take()
    return {"counter": _object_or(at, counts)}


def _limit(at: Cursor) -> Json:
    at.take()
    return {"limit": _object_or(at, limit)}


def _quota(at: Cursor) -> Json:
    at.take()
    return {"quota": _object_or(at, quota)}


def _of_ct(at: Cursor) -> Json:
    if at.peek(1).means("count"):
        at.take()
        at.take()
        return {"ct count": connections(at)}
    if at.peek(1).means("timeout", "expectation") and at.peek(2).means("set"):
        at.take()
        kind = at.take().text
        at.take()
        return {f"ct {kind}": with_map(at)}
    return None


def _log(at: Cursor) -> Json:
    at.take()
    found: Object = {}
    flags: list[Json] = []
    while at.at("prefix", "group", "snaplen", "queue-threshold", "level", "flags"):
        match at.take().text:
            case "prefix":
                found["prefix"] = _with_variables(at, at.name())
            case "level":
                found["level"] = at.expect(*_LEVELS).text
            case "flags":
                flags += _log_flags(at)
            case key:
                found[key] = at.number()
    if flags:
        found["flags"] = flags[0] if len(flags) == 1 else flags
    return {"log": found or None}


def _with_variables(at: Cursor, text: str) -> str:
    """Return the text of a log prefix, in which ``$name`` is replaced by the variable's value."""
    head, *parts = text.split("$")
    for part in parts:
        name = part[: next((n for n, c in enumerate(part) if not (c.isalnum() or c == "_")), len(part))]
        value = at.variable_text(name)
        if value is None:
            raise at.refused(message("nft knows no variable {name} here", name=name))
        head += value + part[len(name) :]
    return head


def _log_flags(at: Cursor) -> list[Json]:
    word = at.name()
    match word:
        case "tcp":
            found: list[Json] = [f"tcp {at.name()}"]
            while at.accept(","):
                found.append(f"tcp {at.name()}")
            return found
        case "ip":
            return [f"ip {at.name()}"]
        case _:
            return [word]


def _reject(at: Cursor) -> Json:
    at.take()
    if not at.accept("with"):
        return {"reject": None}
    kind = at.name()
    if kind == "tcp":
        at.expect("reset")
        return {"reject": {"type": "tcp reset"}}
    at.accept("type")
    return {"reject": {"type": kind, "expr": constant(at)}}


def _synproxy(at: Cursor) -> Json:
    at.take()
    if at.accept("name"):
        return {"synproxy": with_map(at)}
    return {"synproxy": synproxy(at) or None}


def synproxy(at: Cursor) -> Object:
    """Read and return the words after ``synproxy``, such as ``mss 1460 wscale 7 timestamp sack-perm``."""
    found: Object = {}
    flags: list[Json] = []
    while at.at("mss", "wscale", "timestamp", "sack-perm"):
        word = at.take().text
        if word in ("mss", "wscale"):
            found[word] = at.number()
        else:
            flags.append(word)
    if flags:
        found["flags"] = flags[0] if len(flags) == 1 else flags
    return found


def _flow(at: Cursor) -> Json:
    if not at.peek(1).means("add", "offload"):
        return None
    at.take()
    at.take()
    return {"flow": {"op": "add", "flowtable": reference(at)}}


def _notrack(at: Cursor) -> Json:
    at.take()
    return {"notrack": None}


def _last(at: Cursor) -> Json:
    at.take()
    if at.accept("used"):
        at.take()
    return {"last": None}


def _reset(at: Cursor) -> Json:
    at.take()
    return {"reset": operand_of(at)}


def _element(at: Cursor) -> Json:
    """Read and return a statement such as ``add @blocked { ip saddr timeout 1h }`` or
    ``update @ports { tcp dport : ip daddr }``."""
    if not at.peek(1).means("@"):
        return None
    operation, name = at.take().text, reference(at)
    at.expect("{")
    key: Json = element_key(at, operand_of)
    body = content(key) if named(key) == "elem" else {}
    kinds = ("counter", "limit", "quota", "last", "ct count")
    statements: list[Json] = [{kind: body[kind]} for kind in kinds if kind in body]
    plain = {each: value for each, value in body.items() if each in ("val", "timeout", "expires", "comment")}
    key = key if not body else plain["val"] if len(plain) == 1 else {"elem": plain}
    found: Object = {"op": operation, "elem": key}
    kind = "set"
    if at.accept(":"):
        kind, found["data"] = "map", concatenation(at, operand_of)
    at.expect("}")
    return {kind: {**found, kind: name, **({"stmt": statements} if statements else {})}}


def _older_element(at: Cursor) -> Json:
    """Read and return a statement in the older form ``set add ip saddr @blocked``."""
    if not at.peek(1).means("add", "update", "delete"):
        return None
    at.take()
    operation = at.take().text
    key = element_key(at, operand_of)
    return {"set": {"op": operation, "elem": key, "set": reference(at)}}


def _meter(at: Cursor) -> Json:
    at.take()
    found: Object = {"name": at.name(), "size": _METER_SIZE}
    if at.accept("size"):
        found["size"] = at.number()
    at.expect("{")
    key = element_key(at, operand_of)
    body = content(key) if named(key) == "elem" else {}
    kind = next((each for each in ("limit", "ct count", "counter", "quota") if each in body), None)
    if kind is None:
        raise at.unread()
    at.expect("}")
    plain = {each: value for each, value in body.items() if each in ("val", "timeout", "expires")}
    return {"meter": {**found, "key": plain["val"] if len(plain) == 1 else {"elem": plain}, "stmt": {kind: body[kind]}}}


_READERS: dict[str, Reader] = {
    "counter": _counter, "limit": _limit, "quota": _quota, "ct": _of_ct, "log": _log, "reject": _reject,
    "synproxy": _synproxy, "flow": _flow, "notrack": _notrack, "last": _last, "reset": _reset, "add": _element,
    "update": _element, "delete": _element, "set": _older_element, "meter": _meter, "queue": queue, "tproxy": tproxy,
    **dict.fromkeys(("snat", "dnat", "masquerade", "redirect"), translation),
    **dict.fromkeys(("dup", "fwd"), copy_or_forward),
}  # fmt: skip
