"""The laws of changes on a few random networks; ``python -m tests.fidelity.changes`` takes as many as one likes."""

import pytest

from tests.fidelity.changes.laws import judge

CASES = 3


def test_simulating_equals_carrying_out_and_undoing_leads_back(pytestconfig: pytest.Config) -> None:
    seed: int = pytestconfig.option.hunt_seed
    outcomes = [judge(number) for number in range(seed, seed + CASES)]
    assert [each for each in outcomes if each.differences] == []
    assert any(each.made for each in outcomes)
