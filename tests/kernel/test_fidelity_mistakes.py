"""A wrong walk is found: each planted mistake disagrees with the running kernel within 20,000 packets.

It counts as found only in a network on which the unchanged walk agrees with the kernel (search.Search).
"""

from pathlib import Path

import pytest

from tests.fidelity.mistakes.catalogue import MISTAKES, Mistake
from tests.fidelity.mistakes.planted import PlantError, copy_with
from tests.fidelity.mistakes.search import Search

SEED = 5000
"""A fixed seed, so that the search for each mistake takes the same time in each run."""


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Search:
    return Search(SEED, tmp_path_factory.mktemp("answers"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.name for each in MISTAKES])
def test_planted_mistake_is_found(mistake: Mistake, search: Search) -> None:
    assert search.pairs_until_found(mistake) is not None, f"nothing disagrees, though {mistake.wrong}"


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.name for each in MISTAKES])
def test_mistake_changes_one_place_of_a_copy(mistake: Mistake, tmp_path: Path) -> None:
    copy = copy_with(mistake, tmp_path)
    changed = (copy / mistake.file).read_text("utf-8")
    assert mistake.mistaken in changed
    assert mistake.right not in changed.replace(mistake.mistaken, "", 1) or mistake.mistaken == ""


def test_mistake_whose_place_is_gone_is_reported() -> None:
    with pytest.raises(PlantError, match=r"goto-returns: .* has 0 times"):
        copy_with(MISTAKES[1]._replace(right="nothing of the kind"), Path("/nowhere"))
