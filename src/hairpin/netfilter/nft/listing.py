"""Reads ``nft -j list table FAMILY NAME`` and ``nft -j list ruleset``.

    document := {"nftables": [object, …]}
    object   := {"metainfo" | "table" | "chain" | "rule" | "set" | "map" | "limit" …: {…}}
    rule     := {"family", "table", "chain", "handle", "comment"?, "expr": [statement, …]}

Objects are in any order, and each has the names of its table and chain.  In tables that iptables-nft manages, nft shows
matches by name only (``{"xt": …}``).  The matches shown by name become opaque unless the text of nft translates them,
so tables of iptables-nft should be read from iptables-save.  A rule that the IR can express only as several rules (a
map over a hash, see :mod:`hairpin.netfilter.nft.maps`) becomes several rules with the same number and handle.

Source: libnftables-json(5); nftables 0.9.0 to 1.1.6 src/json.c
"""

from itertools import product
from typing import cast, get_args

import msgspec

from hairpin.errors import MalformedError, ParseError
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.collection import no_collection
from hairpin.netfilter.nft.maps import is_implied
from hairpin.netfilter.nft.merged_fields import are_merged, merges, with_error
from hairpin.netfilter.nft.misprints import is_first_form, modernised, with_numbers
from hairpin.netfilter.nft.objects import declared
from hairpin.netfilter.nft.scope import MAX_OPTIONS, Choice, Parts, Scope
from hairpin.netfilter.nft.sets import named_map, named_set, together
from hairpin.netfilter.nft.statements import read_statement
from hairpin.netfilter.nft.syntax import (
    Json,
    Object,
    content,
    integer,
    list_of,
    named,
    object_of,
    single,
    string,
    words,
)
from hairpin.netfilter.nft.text import rule_text, statement_text

_FAMILIES = get_args(ir.Family)
_HOOKS = get_args(ir.Hook)
_TYPES = get_args(ir.ChainType)
_PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100, "out": 100}
_BRIDGE_PRIORITIES = {"dstnat": -300, "filter": -200, "out": 100, "srcnat": 300}

_TAGS = (((0x8100, 0x8100),), ((0x88A8, 0x88A8),))
"""The EtherTypes of VLAN tags, as ranges."""

Name = tuple[ir.Family, str]
_Known = dict[bytes, tuple[Parts, str]]
"""The expressions and the text of each statement that was read, by the statement's JSON."""


class _Found(msgspec.Struct):
    """The raw JSON of one table: its chains, sets and maps by name, rules by chain, and ``objects`` by kind and
    name."""

    merges: bool
    chains: dict[str, Object] = {}
    rules: dict[str, list[Object]] = {}
    sets: dict[str, Object] = {}
    maps: dict[str, Object] = {}
    objects: dict[tuple[str, str], Object] = {}
    updated: set[str] = set()
    dormant: bool = False
    owned: bool = False


def parse(
    text: str,
    *,
    source: str,
    evidence: str = "",
    beside: tuple[tuple[str, ...], tuple[str, ...]] | None = None,
    translated: str = "",
) -> tuple[ir.Table, ...]:
    """Return the tables in the order of the text; ``evidence`` is the reading's id.  ``translated`` is the same table
    as text, in which nft translates the extensions of iptables.

    If the text is a listing without the elements of sets, ``beside`` has the sets that were listed alone and the
    answers for single addresses, as in :func:`~hairpin.netfilter.nft.sets.together`.  ``beside`` is None if the text
    has the elements.  Raises ParseError, which names ``source``, for text that nft does not write.
    """
    try:
        with no_collection():
            document: Json = msgspec.json.decode(with_numbers(text if beside is None else together(text, *beside)))
            found = _collect(list_of(object_of(document).get("nftables")))
            if translated:
                from hairpin.netfilter.nft.script.translated import translate  # noqa: PLC0415 - few tables have extensions

                for (family, table), each in found.items():
                    translate(family, table, each.rules, translated)
            tables = tuple(_table(name, each, evidence) for name, each in found.items())
            return tuple(_as_iptables(table) for table in tables) if translated else tables
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ParseError(message("not the JSON of nft: {reason}", reason=error), source=source) from None
    except MalformedError as error:
        raise ParseError(message("not as nft writes it: {reason}", reason=error.said), source=source) from None
    except RecursionError:
        raise ParseError(message("the nesting is too deep for output of nft"), source=source) from None


def _as_iptables(table: ir.Table) -> ir.Table:
    from hairpin.netfilter.nft.script.translated import as_iptables  # noqa: PLC0415 - as above

    chains = (
        msgspec.structs.replace(each, rules=tuple(as_iptables(rule) for rule in each.rules)) for each in table.chains
    )
    return msgspec.structs.replace(table, chains=tuple(chains))


def _collect(objects: list[Json]) -> dict[Name, _Found]:
    """Return the raw objects by table, in the order in which the tables are first named."""
    found: dict[Name, _Found] = {}
    merging = False
    if is_first_form(objects):
        objects, merging = modernised(objects), True
    for each in objects:
        kind, inner = single(each)
        body = object_of(inner)
        if kind == "metainfo":
            merging = merges(str(body.get("version")))
            continue
        if kind == "table":
            table = _found(found, body, string(body, "name"), merging=merging)
            flags = words(body.get("flags"))
            table.dormant, table.owned = "dormant" in flags, "owner" in flags
            continue
        table = _found(found, body, string(body, "table"), merging=merging)
        if kind == "rule":
            table.rules.setdefault(string(body, "chain"), []).append(body)
            table.updated.update(_updates(body.get("expr")))
            continue
        name = string(body, "name")
        if kind == "chain":
            table.chains[name] = body
        elif kind in ("set", "meter"):
            table.sets[name] = body
        elif kind == "map":
            table.maps[name] = body
        else:
            table.objects[kind, name] = body
    return found


def _found(found: dict[Name, _Found], body: Object, name: str, *, merging: bool) -> _Found:
    family = string(body, "family")
    if family not in _FAMILIES:
        raise MalformedError(message("{family!r} is not a family", family=family))
    key = (cast("ir.Family", family), name)
    table = found.get(key)
    if table is None:
        table = found[key] = _Found(merging)
    return table


def _updates(statements: Json) -> list[str]:
    """Return the names of the sets and maps to which the rule adds elements."""
    names: list[str] = []
    for statement in statements if isinstance(statements, list) else ():
        if named(statement) in ("set", "map", "meter"):
            body = content(statement)
            names += [str(body[key]).removeprefix("@") for key in ("set", "map", "name") if key in body]
    return names


def _table(name: Name, found: _Found, evidence: str) -> ir.Table:
    family, updated = name[0], frozenset(found.updated)
    sets = tuple(named_set(raw, family, updated) for raw in found.sets.values())
    maps = tuple(named_map(raw, family) for raw in found.maps.values())
    unread = frozenset(each.name for each, understood in maps if not understood)
    named_objects = {f"{kind} {each}": raw for (kind, each), raw in found.objects.items()}
    scope = Scope(*name, found.sets, found.maps, named_objects, updated, unread, found.merges)
    for chain in found.rules:
        found.chains.setdefault(chain, {"name": chain})
    known: _Known = {}
    chains = tuple(_chain(raw, found.rules.get(string(raw, "name"), []), scope, known) for raw in found.chains.values())
    objects = tuple(declared(kind, body) for (kind, _), body in found.objects.items())
    return ir.Table(
        *name,
        "nft",
        chains,
        sets,
        tuple(each for each, _ in maps),
        evidence,
        objects,
        dormant=found.dormant,
        owned=found.owned,
    )


def _chain(raw: Object, bodies: list[Object], scope: Scope, known: _Known) -> ir.Chain:
    name = string(raw, "name")
    rules = tuple(rule for number, body in enumerate(bodies, start=1) for rule in _rules(body, number, scope, known))
    hook, kind, policy = raw.get("hook"), raw.get("type", "filter"), raw.get("policy", "accept")
    if hook is None:
        return ir.Chain(name, rules)
    if hook not in _HOOKS or kind not in _TYPES or policy not in ("accept", "drop"):
        raise MalformedError(
            message(
                "chain {name}: hook {hook!r}, type {kind!r}, policy {policy!r}",
                name=name,
                hook=hook,
                kind=kind,
                policy=policy,
            )
        )
    priority = _priority(raw.get("prio", 0), scope.family)
    devices = words(raw.get("dev")) or words(raw.get("devices"))
    return ir.Chain(
        name,
        rules,
        cast("ir.Hook", hook),
        cast("ir.ChainType", kind),
        priority,
        "drop" if policy == "drop" else "accept",
        devices,
    )


def _priority(value: Json, family: ir.Family) -> int:
    """Return the number of a priority that is written as a number or as ``filter - 5``."""
    if isinstance(value, int):
        return value
    parts = str(value).split()
    names = _BRIDGE_PRIORITIES if family == "bridge" else _PRIORITIES
    if len(parts) in (1, 3) and parts[0] in names and (len(parts) == 1 or parts[2].isdigit()):
        offset = int(parts[2]) if len(parts) == 3 else 0
        return names[parts[0]] + (-offset if len(parts) == 3 and parts[1] == "-" else offset)
    try:
        return int(str(value))
    except ValueError:
        raise MalformedError(message("{value!r} is not a priority", value=value)) from None


# --- rules -----------------------------------------------------------------------------------------------------------


def _rules(raw: Object, number: int, scope: Scope, known: _Known) -> tuple[ir.Rule, ...]:
    """Return the rule as one rule of the IR; as several rules if it uses a map for which the IR has no node."""
    handle = integer(raw, "handle")
    comment = raw.get("comment")
    try:
        statements = list_of(raw.get("expr"))
        read = [_understood(statement, scope, known) for statement in statements]
        text = rule_text([each for _, each in read], comment if isinstance(comment, str) else None, scope.family)
        by_iptables = "translated" in raw or any(named(each) == "xt" for each in statements)
        packets, size = _counts(statements)
        bodies = _bodies(statements, [each for each, _ in read], scope, text)
    except MalformedError as error:
        raise MalformedError(
            message(
                "rule {number} (handle {handle}) of chain {chain}: {reason}",
                number=number,
                handle=handle,
                chain=raw.get("chain"),
                reason=error.said,
            )
        ) from None
    return tuple(
        ir.Rule(
            with_error(body, statements),
            text,
            number,
            handle=handle,
            packets=packets,
            bytes=size,
            by_iptables=by_iptables,
        )
        for body in bodies
    )


def _counts(statements: list[Json]) -> tuple[int | None, int | None]:
    for statement in statements:
        if isinstance(statement, dict):
            counter = statement.get("counter")
            if isinstance(counter, dict) and "packets" in counter:
                return integer(counter, "packets"), integer(counter, "bytes")
    return None, None


def _understood(statement: Json, scope: Scope, known: _Known) -> tuple[Parts, str]:
    """Return the expressions of a statement, and its text.  Most statements repeat within a table and are read once."""
    key = msgspec.json.encode(statement)
    held = known.get(key)
    if held is None:
        held = known[key] = (read_statement(statement, scope), statement_text(statement))
    return held


def _bodies(statements: list[Json], found: list[Parts], scope: Scope, text: str) -> list[tuple[ir.Expression, ...]]:
    parts: list[tuple[ir.Expression, ...]] = []
    choices: list[int] = []
    options: list[tuple[tuple[ir.Expression, ...], ...]] = []
    for position, (statement, read) in enumerate(zip(statements, found, strict=True)):
        if scope.merges and parts and are_merged(statements[position - 1], statement) and not isinstance(read, Choice):
            before = parts.pop()
            match (*before[-1:], *read[-1:]):
                case (ir.FieldMatch() as one, ir.FieldMatch() as other):
                    parts.append((*before[:-1], *read[:-1], ir.AnyOfMatch((one, other))))
                case (ir.AnyOfMatch(alternatives=several), ir.FieldMatch() as other):
                    parts.append((*before[:-1], *read[:-1], ir.AnyOfMatch((*several, other))))
                case _:
                    parts.append((*before, *read))
        elif isinstance(read, Choice):
            parts.append(read.prefix)
            choices.append(len(parts))
            options.append(read.options)
            parts.append(())
        else:
            parts.append(read)
    if not choices:
        return [_joined(parts)]
    if not all(_repeatable(part) for before in parts[: choices[-1]] for part in before):
        return [_joined([*parts[: choices[0]], (ir.Outside("map", text),)])]
    bodies: list[tuple[ir.Expression, ...]] = []
    for chosen in product(*options):
        if len(bodies) == MAX_OPTIONS:
            return [_joined([*parts[: choices[0]], (ir.Outside("map", text),)])]
        for at, option in zip(choices, chosen, strict=True):
            parts[at] = option
        bodies.append(_joined(parts))
    return bodies


def _joined(parts: list[tuple[ir.Expression, ...]]) -> tuple[ir.Expression, ...]:
    """Return the parts as one body, in which each implied condition occurs once."""
    body: list[ir.Expression] = []
    for part in parts:
        for one in part:
            if is_implied(one) and (one in body or _is_inside_tag(one, body)):
                continue
            body.append(one)
    return tuple(body)


def _is_inside_tag(one: ir.Expression, body: list[ir.Expression]) -> bool:
    """Return whether the condition is an EtherType that nft implies after a match of a VLAN tag.  A tagged frame would
    not satisfy the condition, because the frame's EtherType field has the tag's type."""
    asks = isinstance(one, ir.FieldMatch) and one.field == "ethertype"
    return asks and any(
        isinstance(each, ir.FieldMatch) and each.field == "ethertype" and each.ranges in _TAGS for each in body
    )


def _repeatable(part: ir.Expression) -> bool:
    """Return whether the part has the same effect if it runs twice.  If one nft rule becomes several rules of the IR,
    each of these rules has the part."""
    if not isinstance(part, ir.SetField):
        return True
    if part.source is None:
        return part.value & part.keep == 0
    return part.source != part.field and part.source_mask & part.keep == 0
