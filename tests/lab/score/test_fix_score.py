"""A scenario's fault is repaired by ``hairpin fix``, seen by a real connection, and taken back whole."""

import pytest

from hairpin.lab.scenario import named
from tests.score.fix_score import score_fix
from tests.score.random_faults import Draw
from tests.whole import WHOLE


@WHOLE
@pytest.mark.parametrize("name", ("bridge-missing.proxy-off",))
def test_it_works_and_is_taken_back(name: str) -> None:
    scenario = named(name)
    score = score_fix(Draw(scenario.lab, (scenario,)))
    assert ({each.works for each in score.fixes}, score.misses) == ({True}, ())


@WHOLE
def test_another_host_is_repaired_over_its_own_sshd() -> None:
    scenario = named("interface-forwarding-off")
    score = score_fix(Draw(scenario.lab, (scenario,)), over_ssh=True)
    assert ({each.works for each in score.fixes}, score.misses) == ({True}, ())
