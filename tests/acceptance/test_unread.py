"""Law: no command calls fine what a missing reading may decide (tests/unread)."""

import pytest

from tests.unread.hosts import Case, cases
from tests.unread.law import faults
from tests.unread.table import TELLERS, Teller
from tests.whole import WHOLE, thinned

SEED = 4711
COUNTS: dict[Teller, int] = {"check": 8, "fix": 4, "restore": 8, "events": 1, "diff": 2}


def drawn(teller: Teller) -> list[Case]:
    return list(cases(COUNTS[teller], SEED, (teller,)))


@pytest.mark.parametrize("teller", thinned(TELLERS, 3))
def test_nothing_unread_is_called_fine(teller: Teller) -> None:
    found = [
        broken.line()
        for each in drawn(teller)
        for broken in faults(each.host, each.evidence, each.drop, each.teller, each.healthy)
    ]
    assert found == []


@WHOLE
@pytest.mark.parametrize("teller", thinned(TELLERS, 3))
def test_nothing_unread_is_called_fine_of_many(teller: Teller) -> None:
    found = [
        broken.line()
        for each in cases(30 * COUNTS[teller], SEED + 1, (teller,))
        for broken in faults(each.host, each.evidence, each.drop, each.teller, each.healthy)
    ]
    assert found == []
