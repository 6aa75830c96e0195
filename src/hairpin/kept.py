"""Stores derived values on the immutable value that they derive from: each is made once, and freed with that value.

Indexes of chains, conntrack tables and hosts are such derivations.  Nothing else refers to them, so a host that is read
again and again leaves nothing behind.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import msgspec

V = TypeVar("V", bound=msgspec.Struct)
R = TypeVar("R")


def kept(make: Callable[[V], R]) -> Callable[[V], R]:
    """Return ``make`` with its result kept on the value that it was made of, as ``functools.cached_property`` does.

    The type of the value has ``dict=True``.  Equality, hash, copies and JSON of the value do not see the result.
    A table of weak references was measured, too: it needs twice the memory, and more than twice the time for a look-up.
    """
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def kept_or_made(value: V) -> R:
        held: dict[str, R] = vars(value)
        try:
            return held[name]
        except KeyError:
            return held.setdefault(name, make(value))

    return kept_or_made
