"""Stores derived values on the immutable value from which they are derived.  Each derived value is made once, and is
freed together with the value that has it.

Indexes of chains, conntrack tables and hosts are such derived values.  No other object refers to them, so a host that
is read again and again leaves no old indexes in memory.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import msgspec

V = TypeVar("V", bound=msgspec.Struct)
R = TypeVar("R")


def kept(make: Callable[[V], R]) -> Callable[[V], R]:
    """Return a function that calls ``make`` once for each value and keeps the result on the value, as
    ``functools.cached_property`` does.

    The type of the value needs ``dict=True``.  The result is no part of the value's equality, hash, copies and JSON.  A
    table of weak references was measured, too: it needs twice the memory, and more than twice the time for a look-up.
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
