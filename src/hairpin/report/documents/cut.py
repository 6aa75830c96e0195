"""Cuts a JSON document to a size, for readers with little room, such as an agent.

What is left has the shape of the document.  What was left out is told with its size, so that a reader can ask for it.
Refs to what was left out stay: they are the names by which it can be asked.
"""

import json
from typing import Any, NamedTuple, TypeGuard

Document = dict[str, Any]
_SHORTENED = (2000, 600, 200)
"""The lengths to which texts are cut before items are left out, in characters, in this order."""
_FIRST = ("causes", "found")
"""The fields whose items are left out last: the answer itself."""
_KEPT = ("schema", "hairpin", "host")


class CutPart(NamedTuple):
    """A field of which only the first ``kept`` of ``whole`` items are left, or texts that were cut (``part`` is
    ``texts``: ``kept`` characters of each are left, and ``whole`` texts were longer)."""

    part: str
    kept: int
    whole: int


def is_object(value: object) -> TypeGuard[Document]:
    """Return whether a value of JSON is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether a value of JSON is an array."""
    return isinstance(value, list)


def size_of(value: object) -> int:
    """Return the number of characters of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def cut(document: Document, most: int) -> tuple[Document, tuple[CutPart, ...]]:
    """Return the document with at most ``most`` characters as JSON, and what was left out of it.

    First evidence to which nothing refers is left out, long texts are cut, then the last items of the largest fields.
    The few fields that say what the document is about always stay, so a very small ``most`` may be exceeded."""
    if size_of(document) <= most:
        return document, ()
    left: list[CutPart] = []
    for length in _SHORTENED:
        shorter, count = _with_short_texts(document, length)
        if count:
            left = [CutPart("texts", length, count)]
        if size_of(shorter) <= most:
            return shorter, tuple(left)
    shorter, _ = _with_short_texts(document, _SHORTENED[-1])
    whole = {name: len(value) for name, value in shorter.items() if is_object(value) or is_array(value)}
    while size_of(shorter) > most:
        largest = _largest(shorter)
        if largest is None:
            break
        shorter = _without_unnamed(shorter | {largest: _first_half(shorter[largest])})
    lost = (CutPart(name, len(shorter[name]), number) for name, number in whole.items() if len(shorter[name]) < number)
    return shorter, (*lost, *left)


def part_of(document: Document, name: str) -> Any:
    """Return a field of the document, or the item with this ref (``c2``, ``f14``, ``e17``, ``q1``); None if there is
    neither."""
    if name in document:
        return document[name]
    evidence = document.get("evidence")
    if is_object(evidence) and name in evidence:
        return evidence[name]
    items = (each for value in document.values() if is_array(value) for each in value if is_object(each))
    return next((each for each in items if name in (each.get("ref"), each.get("id"))), None)


def _largest(document: Document) -> str | None:
    """Return the field from which items are left out next, or None if there is none."""
    sizes = {
        name: size_of(value) / (4 if name in _FIRST else 1)
        for name, value in document.items()
        if (is_object(value) or is_array(value)) and value and name not in _KEPT
    }
    return max(sizes, key=sizes.__getitem__) if sizes else None


def _first_half(value: Any) -> Any:
    number = len(value) // 2
    return dict(list(value.items())[:number]) if is_object(value) else value[:number]


def _without_unnamed(document: Document) -> Document:
    """Return the document without the evidence to which no item that is left refers."""
    evidence = document.get("evidence")
    if not is_object(evidence):
        return document
    named = _texts({name: value for name, value in document.items() if name != "evidence"})
    return document | {"evidence": {ref: each for ref, each in evidence.items() if ref in named}}


def _texts(value: Any) -> set[str]:
    """Return all texts in a value, also the keys of its objects."""
    if isinstance(value, str):
        return {value}
    if is_object(value):
        return set(value).union(*map(_texts, value.values()))
    return set[str]().union(*map(_texts, value)) if is_array(value) else set()


def _with_short_texts(value: Any, most: int) -> tuple[Any, int]:
    """Return the value with its texts cut to ``most`` characters, and the number of texts that were cut."""
    if isinstance(value, str):
        return (value, 0) if len(value) <= most else (f"{value[: most - 1]}…", 1)
    if is_object(value):
        pairs = {key: _with_short_texts(each, most) for key, each in value.items()}
        return {key: each for key, (each, _) in pairs.items()}, sum(count for _, count in pairs.values())
    if is_array(value):
        items = [_with_short_texts(each, most) for each in value]
        return [each for each, _ in items], sum(count for _, count in items)
    return value, 0
