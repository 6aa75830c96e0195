"""A few cases of the real hunt, the same each time: the hunt itself works.  ``make hunt-real`` draws fresh ones."""

import pytest

from tests.hunt.real.case import case_of
from tests.hunt.real.trial import try_case
from tests.whole import thinned_rows

NUMBERS = {1001: "two links", 34: "own nftables"}


@pytest.mark.parametrize(("number", "host"), thinned_rows(NUMBERS.items(), 2))
def test_a_case_is_judged_and_answered_rightly(number: int, host: str) -> None:
    result = try_case(case_of(number, hosts=(host,))).result
    assert not result.trouble
    assert result.made
    assert result.asked > 10
    assert result.misses == ()
