"""Which of many alike cases every run of the tests has; the others run with ``--whole``, and in a make target's scores.

A run of all tests has to end within 20 minutes on two processors, and hundreds of lab hosts take longer.
"""

from collections.abc import Iterable
from typing import TypeVar

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
