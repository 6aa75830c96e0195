"""A walk that is wrong is found out: each planted mistake disagrees with the running kernel within 20,000 packets.

It counts as found only in a network of which the walk as it is says the same as the kernel (mistakes.Search)."""

import pytest

from tests.fidelity.mistakes import MISTAKES, Mistake, Search

SEED = 5000
"""Always the same networks, so that each mistake takes as long as it did."""


@pytest.fixture(scope="module")
def search() -> Search:
    return Search(SEED)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.name for each in MISTAKES])
def test_planted_mistake_is_found(mistake: Mistake, search: Search) -> None:
    assert search.pairs_until_found(mistake) is not None, f"nothing disagrees, though {mistake.wrong}"
