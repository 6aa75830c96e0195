"""Reads maps: ``vmap``, and statements that choose a translation or a mark by a map.

A map whose key is made of plain fields has a node of its own in the IR.  With any other key (``meta mark & 0xff vmap
…``, ``numgen random mod 2 vmap …``, ``fib daddr type vmap …``) the rule becomes one rule for each element.  In the rule
of an element, the element's key is the match, and the element's value is the statement.  These rules do exactly what
the map does, because the keys of a map do not overlap.  The one exception is a map over a random number: if an element
of this map jumps to a chain that returns, the following rules draw another number, so the walk has more branches than
the kernel.
"""

from collections.abc import Callable

from hairpin.netfilter.ir import AnyOfMatch, Expression, FieldMatch, Match, Outside, VerdictMap
from hairpin.netfilter.nft.matches import chance, compare
from hairpin.netfilter.nft.operands import needs, operand
from hairpin.netfilter.nft.scope import MAX_OPTIONS, Choice, Parts, Scope
from hairpin.netfilter.nft.sets import concatenated, plain_fields, verdict, verdict_elements
from hairpin.netfilter.nft.syntax import Json, Object, content, elements_of, integer, list_of, named, object_of, pair
from hairpin.netfilter.nft.text import statement_text
from hairpin.netfilter.nft.values import intervals

Action = Callable[[Json], tuple[Expression, ...] | None]
"""A function that returns the expressions of a map's value; None if the value is unknown."""


def verdict_map(inner: Json, scope: Scope) -> Parts:
    """Return the statement ``KEY vmap { … }`` or ``KEY vmap @NAME``."""
    body = object_of(inner)
    key, data = body.get("key"), body.get("data")
    implied = needs(key, scope.family)
    operands = [operand(part, scope.family) for part in concatenated(key) if isinstance(part, dict)]
    fields = plain_fields(operands)
    if fields and isinstance(data, str) and data[1:] in scope.maps and data[1:] not in scope.unread:
        return (*implied, VerdictMap(fields, map=data[1:]))
    elements = map_elements(data, scope)
    if fields and elements is not None and not isinstance(data, str):
        found = verdict_elements(elements, [of.kind for of in operands])
        if found is not None:
            return (*implied, VerdictMap(fields, found))
    if elements is not None:
        choice = choose(key, elements, _verdict, scope)
        if choice is not None:
            return choice
    return (*implied, Outside("vmap", statement_text({"vmap": inner})))


def _verdict(value: Json) -> tuple[Expression, ...] | None:
    found = verdict(value)
    return None if found is None else (found,)


def map_elements(data: Json, scope: Scope) -> list[Json] | None:
    """Return the raw elements of an anonymous or named map; None for a map that the listing lacks."""
    if isinstance(data, str):
        raw = scope.maps.get(data[1:])
        return None if raw is None else list_of(raw.get("elem"))
    return elements_of(data) if isinstance(data, dict) and "set" in data else None


def choose(key: Json, elements: list[Json], action: Action, scope: Scope) -> Choice | None:
    """Return one option for each element, the default's last; None if the map has too many elements or an unknown
    value."""
    if len(elements) > MAX_OPTIONS:
        return None
    implied = needs(key, scope.family)
    options: list[tuple[Expression, ...]] = []
    questions: list[tuple[Match, ...]] = []
    default: tuple[Expression, ...] | None = None
    for each in elements:
        left, right = pair(each)
        act = action(right)
        if act is None:
            return None
        if left == "*":
            default = act
            continue
        question = tuple(one for one in compare(key, "==", left, scope) if one not in implied)
        questions.append(question)
        options.append((*question, *act))
    if default is not None:
        if any(len(question) != 1 for question in questions):
            return None
        options.append((AnyOfMatch(tuple(question[0] for question in questions), negated=True), *default))
    elif options and chance(key) is not None and _covered(key, [pair(each)[0] for each in elements]):
        # Every value has an element, so the last element applies if no other element does.
        options[-1] = options[-1][len(questions[-1]) :]
    return Choice(implied, tuple(options))


def _covered(key: Json, values: list[Json]) -> bool:
    """Return whether every value of a random number (``numgen random mod 3``) has an element."""
    if named(key) not in ("numgen", "jhash", "symhash"):
        return False
    inner = content(key)
    sides, offset = integer(inner, "mod") or 0, integer(inner, "offset") or 0
    return intervals(values, "integer") == ((offset, offset + sides - 1),)


def membership(inner: Object, scope: Scope) -> tuple[Expression, ...] | None:
    """Return the condition of a statement that chooses an object by a map (``counter name ip saddr map …``): the map
    must have the packet's key."""
    elements = map_elements(inner.get("data"), scope)
    if elements is None:
        return None
    values = [pair(each)[0] for each in elements]
    if "*" in values:
        return needs(inner.get("key"), scope.family)
    return compare(inner.get("key"), "==", {"set": values}, scope)


def is_implied(part: Expression) -> bool:
    """Return whether the part compares a field that nft's implied conditions compare and that no statement can
    change."""
    return isinstance(part, FieldMatch) and part.field in (
        "nfproto",
        "ethertype",
        "protocol",
        "ct-direction",
        "extensions",
    )
