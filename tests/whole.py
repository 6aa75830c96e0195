"""Which of many alike cases every run of the tests has; the others run with ``--whole``, and in a make target's scores.

``make test`` has a clock (tests/README.md), and hundreds of lab hosts take longer.  What is thinned are repeats: each
cause, event, kind of repair and command stays in every run, on the host where it is and on one without it.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar, cast
from zlib import crc32

import pytest
from _pytest.mark import ParameterSet  # pytest names the type nowhere else

Case = TypeVar("Case")

WHOLE = pytest.mark.whole
"""Of a test that runs only with ``--whole``."""


def thinned(cases: Iterable[Case], every: int) -> list[Case | ParameterSet]:
    """Return the cases, of which only the first and each ``every``-th after it runs without ``--whole``."""
    return [case if number % every == 0 else pytest.param(case, marks=WHOLE) for number, case in enumerate(cases)]


def thinned_rows(rows: Iterable[tuple[object, ...]], every: int) -> list[ParameterSet]:
    """Return rows of several arguments each, thinned in the same way."""
    return [pytest.param(*row, marks=() if number % every == 0 else WHOLE) for number, row in enumerate(rows)]


def one_of_each(cases: Mapping[str, Case], kind: Callable[[Case], Iterable[Hashable]]) -> list[ParameterSet]:
    """Return the named cases, of which without ``--whole`` those run that are the first of one of their kinds, and a
    tenth of the rest.  A case that is a tuple is a row of arguments.
    """
    seen: set[Hashable] = set()
    rows: list[ParameterSet] = []
    for name, case in cases.items():
        new = set(kind(case)) - seen
        seen |= new
        stays = bool(new) or is_of_the_tenth(name)
        values = cast("tuple[object, ...]", case) if isinstance(case, tuple) else (case,)
        rows.append(pytest.param(*values, id=name, marks=() if stays else WHOLE))
    return rows


def is_of_the_tenth(name: str) -> bool:
    """Return whether a case is one of the tenth that stays, by its name: a case that is added moves no other one."""
    return crc32(name.encode()) % 10 == 0
