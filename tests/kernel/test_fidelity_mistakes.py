"""A walk that is wrong is found out: each planted mistake disagrees with the running kernel within 20,000 packets."""

import pytest

from tests.fidelity.mistakes import MISTAKES, Mistake, Search
from tests.fidelity.tell import disagreement_text

SEED = 2000
"""The networks of tests/kernel/test_fidelity.py, and those behind them."""


@pytest.fixture(scope="module")
def search() -> Search:
    return Search(SEED)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.name for each in MISTAKES])
def test_planted_mistake_is_found(mistake: Mistake, search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = search.pairs_until_found(mistake)
    assert pairs is not None, f"nothing disagrees, though {mistake.wrong}"
    with capsys.disabled():
        print(f"\n{mistake.name}: {pairs} pairs")


def test_without_a_mistake_the_same_cases_agree(search: Search) -> None:
    """Else what was found may be another disagreement than the planted one."""
    differs = [f"case {seed}\n{disagreement_text(found)}" for seed, found in search.disagreements.items()]
    assert not differs, differs[0]
