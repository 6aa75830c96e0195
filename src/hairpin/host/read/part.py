"""A part of a host with its inputs, so that a later reading of the host makes only the changed parts again.

Parts have parts: a namespace its links, routes and rules, the rules each table.
"""

from typing import Any, TypeVar

import msgspec

from hairpin.evidence.renewal import Place
from hairpin.host.host import Unread

T = TypeVar("T")
Name = tuple[str, ...]


class Part(msgspec.Struct, frozen=True):
    """A part: ``value``, made of ``inputs`` and of the readings at the places ``asked``; ``missed``: those of them that
    could not be understood."""

    value: Any
    inputs: tuple[object, ...]
    asked: frozenset[Place]
    missed: tuple[Unread, ...]
    parts: tuple[tuple[Name, "Part"], ...]


def as_before(before: T, now: T) -> T:
    """Return the part as it was if the new one equals it, else the new one with the fields that are equal as they were.

    What hangs on a value that has not changed stays.
    """
    if before == now:
        return before
    if isinstance(now, msgspec.Struct) and type(before) is type(now):
        fields = {name: as_before(getattr(before, name), getattr(now, name)) for name in now.__struct_fields__}
        return msgspec.structs.replace(now, **fields)
    return now
