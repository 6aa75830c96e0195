"""Reads the declarations inside a table as JSON of libnftables: chains, sets, maps, flowtables and objects.

Source: nft(8) CHAINS, SETS, MAPS, FLOWTABLES, STATEFUL OBJECTS; nftables src/parser_bison.y
"""

from collections.abc import Callable

from hairpin.netfilter.ir import Family
from hairpin.netfilter.nft.data_types import TYPES
from hairpin.netfilter.nft.objects import in_bytes
from hairpin.netfilter.nft.operands import operand
from hairpin.netfilter.nft.script.constants import with_ports_of
from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.expressions import (
    concatenation,
    connections,
    constant,
    counts,
    elements,
    limit,
    operand_of,
    quota,
    seconds,
)
from hairpin.netfilter.nft.script.statements import rule, synproxy
from hairpin.netfilter.nft.syntax import Json, Object, named, words

Reader = Callable[[Cursor], Object]
Body = tuple[Object, list[Object]]
"""The content of a chain's block: the chain's declaration, and its rules."""


def chain(at: Cursor) -> Body:
    """Read and return the content of a chain's block."""
    found: Object = {}
    rules: list[Object] = []
    at.open_block()
    at.skip_ends()
    while not at.at("}"):
        if not (at.common() or _chain_property(at, found)):
            line = at.peek()
            statements, comment = rule(at)
            said: Object = {"expr": statements, "source": line.source, "line": line.line}
            rules.append({**said, **({"comment": comment} if comment is not None else {})})
        at.end_line()
    at.close_block()
    return found, rules


def _chain_property(at: Cursor, found: Object) -> bool:
    if at.at("type") and at.peek(2).means("hook"):
        at.take()
        found["type"] = at.name()
        at.expect("hook")
        found["hook"] = at.name()
        _place(at, found)
    elif at.at("policy"):
        at.take()
        found["policy"] = at.expect("accept", "drop").text
    elif at.at("comment"):
        at.take()
        found["comment"] = at.name()
    elif at.at("flags"):
        at.take()
        found["flags"] = _words(at)
    elif at.at("devices", "device"):
        found["dev"] = _devices(at)
    else:
        return False
    return True


def _place(at: Cursor, found: Object) -> None:
    """Read the devices and the priority of a hook into ``found``."""
    while at.at("device", "devices", "priority"):
        if at.at("priority"):
            at.take()
            found["prio"] = priority(at)
        else:
            found["dev"] = _devices(at)


def _devices(at: Cursor) -> Json:
    if at.take().text == "device":
        return at.name()
    at.accept("=")
    listed = elements(at) if at.at("{") else [constant(at)]
    return [each for each in listed if isinstance(each, str)]


def priority(at: Cursor) -> Json:
    """Read and return a priority: a number, a name, or a name with an offset."""
    if at.peek().kind == "number" or at.at("-", "+"):
        sign = -1 if at.at("-") else 1
        at.accept("-", "+")
        return sign * at.number()
    name = at.name()
    if at.at("+", "-"):
        return f"{name} {at.take().text} {at.number()}"
    return name


def _words(at: Cursor) -> Json:
    found: list[Json] = [at.name()]
    while at.accept(","):
        found.append(at.name())
    return found


def named_set(at: Cursor, family: Family, *, is_map: bool) -> Object:
    """Read and return the content of a set's or map's block."""
    found: Object = {}
    at.open_block()
    at.skip_ends()
    while not at.at("}"):
        if not at.common():
            _set_property(at, found, family, is_map=is_map)
        at.skip_ends()
    at.close_block()
    if "elem" in found:
        found["elem"] = with_port_numbers(found, family, found["elem"])
    return found


def _set_property(at: Cursor, found: Object, family: Family, *, is_map: bool) -> None:
    match at.take().text:
        case "type":
            found["type"] = _types(at)
            if is_map:
                at.expect(":")
                at.accept("interval")
                found["map"] = (
                    at.take().text if at.at("counter", "quota", "limit", "secmark", "synproxy") else _types(at)
                )
        case "typeof":
            found["type"] = _typeof(at, family)
            if is_map:
                at.expect(":")
                at.accept("interval")
                verdicts = (
                    at.at("verdict", "counter", "quota", "limit", "synproxy", "secmark") and at.peek(1).kind == "sign"
                )
                found["map"] = at.take().text if verdicts else _typeof(at, family)
        case "flags":
            found["flags"] = _words(at)
        case "timeout" | "gc-interval" as key:
            found[key] = seconds(at)
        case "size":
            found["size"] = at.number()
        case "policy":
            found["policy"] = at.name()
        case "comment":
            found["comment"] = at.name()
        case "auto-merge":
            found["auto-merge"] = True
        case "elements":
            at.expect("=")
            found["elem"] = elements(at)
        case "counter":
            found["stmt"] = [{"counter": counts(at)}]
        case "limit":
            found["stmt"] = [{"limit": limit(at)}]
        case "quota":
            found["stmt"] = [{"quota": quota(at)}]
        case "last":
            found["stmt"] = [{"last": None}]
        case "ct":
            at.expect("count")
            found["stmt"] = [{"ct count": connections(at)}]
        case _:
            raise at.unread()


def with_port_numbers(declared: Object, family: Family, listed: Json) -> Json:
    """Return the elements in ``listed``, with the names of ports replaced by numbers, as the declared set or map
    requires."""
    types = types_of(declared.get("type"), family)
    found = with_ports_of(types, {"set": listed})
    inner = found["set"] if isinstance(found, dict) else listed
    data = types_of(declared.get("map"), family)
    if "inet_service" not in data or not isinstance(inner, list):
        return inner
    return [
        [each[0], with_ports_of(data, each[1])] if isinstance(each, list) and len(each) == 2 else each for each in inner
    ]


def types_of(declared: Json, family: Family) -> list[str]:
    """Return the data types in the declaration of a set or map, one for each dimension."""
    if isinstance(declared, dict):
        return [_kind(each, family) for each in _dimensions(declared.get("typeof"))]
    return list(words(declared))


def _dimensions(value: Json) -> list[Json]:
    inner = value.get("concat") if isinstance(value, dict) else None
    return inner if isinstance(inner, list) else [value]


def _kind(value: Json, family: Family) -> str:
    return operand(value, family).kind if named(value) is not None else ""


def _types(at: Cursor) -> Json:
    found: list[Json] = [at.take().text]
    while at.accept("."):
        found.append(at.take().text)
    return found[0] if len(found) == 1 else found


def _typeof(at: Cursor, family: Family) -> Json:
    """Return the data types of the fields after ``typeof`` if every type has a name, else the ``typeof`` itself."""
    value = concatenation(at, operand_of)
    kinds = [_kind(each, family) for each in _dimensions(value)]
    if all(each in TYPES and TYPES[each].named for each in kinds):
        return kinds[0] if len(kinds) == 1 else [*kinds]
    return {"typeof": value}


def flowtable(at: Cursor) -> Object:
    """Read and return the content of a flowtable's block."""
    found: Object = {}
    at.open_block()
    at.skip_ends()
    while not at.at("}"):
        if at.accept("hook"):
            found["hook"] = at.name()
            at.expect("priority")
            found["prio"] = priority(at)
        elif at.at("devices", "device"):
            found["dev"] = _devices(at)
        elif at.accept("flags"):
            found["flags"] = _words(at)
        elif at.accept("counter"):
            found["counter"] = True
        elif not at.common():
            raise at.unread()
        at.skip_ends()
    at.close_block()
    return found


def declared_object(at: Cursor, kind: str) -> Object:
    """Read and return the parameters of a counter, a quota, a limit …, with or without a block."""
    reader = _OBJECTS[kind]
    found: Object = {}
    if not at.at("{"):
        return {} if at.at_end() else reader(at)
    at.open_block()
    at.skip_ends()
    while not at.at("}"):
        if at.accept("comment"):
            found["comment"] = at.name()
        elif not at.common():
            found.update(reader(at))
        at.skip_ends()
    at.close_block()
    return found


def _quota_object(at: Cursor) -> Object:
    said = quota(at)
    over = {"inv": True} if "inv" in said else {}
    return {"bytes": in_bytes(said, "val"), "used": in_bytes(said, "used"), **over}


def _context(at: Cursor) -> Object:
    return {"context": at.name()}


def _of_connections(at: Cursor) -> Object:
    """Read and return one line of a ``ct helper``, ``ct timeout`` or ``ct expectation``."""
    match at.take().text:
        case "type":
            kind = at.name()
            at.expect("protocol")
            return {"type": kind, "protocol": at.name()}
        case "protocol" | "l3proto" as key:
            return {key: at.name()}
        case "dport" | "size" as key:
            return {key: at.number()}
        case "timeout":
            return {"timeout": seconds(at) * 1000}
        case "policy":
            at.expect("=")
            return {"policy": _policy(at)}
        case _:
            raise at.unread()


def _policy(at: Cursor) -> Object:
    found: Object = {}
    at.expect("{")
    at.skip_lines()
    while not at.accept("}"):
        state = at.name()
        at.expect(":")
        found[state] = seconds(at)
        at.accept(",")
        at.skip_lines()
    return found


def _synproxy(at: Cursor) -> Object:
    found = synproxy(at)
    if not found:
        raise at.unread()
    return found


def _counter(at: Cursor) -> Object:
    found = counts(at)
    if found is None:
        raise at.unread()
    return found


_OBJECTS: dict[str, Reader] = {
    "counter": _counter, "quota": _quota_object, "limit": limit, "secmark": _context, "synproxy": _synproxy,
    "ct helper": _of_connections, "ct timeout": _of_connections, "ct expectation": _of_connections,
}  # fmt: skip
OBJECTS = tuple(_OBJECTS)
