"""The elements of the model that can be covered, and the names of a rule's nodes as elements."""

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from hairpin.netfilter.ir import Expression


class Element(NamedTuple):
    """One element of the model.  ``how``: the result that must have occurred (``satisfied``, ``not satisfied`` …)."""

    group: str
    name: str
    how: str


SATISFIED, NOT_SATISFIED, FORKED, DONE = "satisfied", "not satisfied", "forked", "carried out"
READ, OTHERWISE, SET, UNSET = "read", "read with another value", "set", "not set"


def choices(node: type[msgspec.Struct]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield the fields of a node that have few values (words, yes or no, a word or nothing), with those values that
    make a difference (not ``no``, not nothing)."""
    for field, hint in _hints(node):
        if hint is bool:
            yield field, (True,)
            continue
        options = (hint,) if get_origin(hint) is Literal else get_args(hint)
        words = tuple(word for option in options if get_origin(option) is Literal for word in get_args(option))
        if words:
            yield field, words


@cache
def _hints(node: type[msgspec.Struct]) -> tuple[tuple[str, object], ...]:
    return tuple(get_type_hints(node).items())


@cache
def _choosing(node: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(field for field, _ in choices(node))


def is_set(value: object) -> bool:
    """Return whether a field says something: not nothing, and not no (0 says something)."""
    return value is not None and value is not False


def name_of(node: type[msgspec.Struct], field: str = "", value: object = None) -> str:
    """Return the name of a node's kind, or of one value that one of its fields can have."""
    if not field:
        return node.__name__
    return f"{node.__name__} {field}" if value is True else f"{node.__name__} {field} {value}"


def names_of(part: Expression) -> Iterator[str]:
    """Yield the names that a node has: its kind, and each value that makes a difference."""
    kind = type(part)
    yield kind.__name__
    for field in _choosing(kind):
        value = getattr(part, field)
        if is_set(value):
            yield name_of(kind, field, value)
    for field in ("name", "answer"):
        value = getattr(part, field, None)
        if isinstance(value, str):
            yield name_of(kind, field, value)
