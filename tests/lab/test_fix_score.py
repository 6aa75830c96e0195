"""A scenario's fault is repaired by ``hairpin fix``, seen by a real connection, and taken back whole."""

import pytest

from hairpin.lab.fix_score import score_fix
from hairpin.lab.scenario import named


@pytest.mark.parametrize("name", ("docker-user-drops.ipset", "bridge-missing.proxy-off"))
def test_it_works_and_is_taken_back(name: str) -> None:
    score = score_fix(named(name))
    assert (score.works, score.wrong) == (True, ())
