"""On a real host, somebody's decision is left alone and named, and an accident repaired, by the default (root).

A sample of ``python -m tests.harm``, which has sixty of each.
"""

import pytest

from tests.harm.__main__ import SEED
from tests.harm.case import Form, case_of
from tests.harm.trial import try_case
from tests.whole import thinned_rows

SAMPLE: dict[str, tuple[int, Form]] = {
    "an allow-list": (0, "decision"),
    "a bare rule about that port": (0, "accident"),
    "a route for the containers that is gone": (19, "accident"),
}


@pytest.mark.parametrize(("number", "form"), thinned_rows(SAMPLE.values(), 3), ids=SAMPLE)
def test_the_default_does_no_harm(number: int, form: Form) -> None:
    result = try_case(case_of(number, form, SEED))
    assert result.misses == (), result
    assert result.flows > 60
