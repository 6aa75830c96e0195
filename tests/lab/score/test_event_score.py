"""Events are carried out on a repair: one that undoes it has to be said, and one that does not must not be."""

from pathlib import Path

import msgspec
import pytest

from tests.lab.score.reports import one_answer
from tests.score.event_score import score_under_events
from tests.score.repairing import EventTrial
from tests.whole import WHOLE

TRIALS: dict[str, tuple[EventTrial, str]] = {
    "lasts":            (EventTrial("ufw-reload", said=False, passes=True, outcome="delivered"), ""),
    "undone, and said": (EventTrial("ufw-reload", said=True, passes=False, outcome="timeout"), ""),
    "undone unsaid":    (EventTrial("ufw-reload", said=False, passes=False, outcome="timeout"), "undoes it unsaid"),
    "said for nothing": (EventTrial("ufw-reload", said=True, passes=True, outcome="delivered"), "and is not"),
    "ends dockerd":     (EventTrial("docker-restart", said=False, passes=True, outcome="delivered", ended=("dockerd",)),
                         "dockerd does not run after docker-restart"),
}  # fmt: skip


@pytest.mark.parametrize(("trial", "wrong"), TRIALS.values(), ids=TRIALS)
def test_what_is_wrong(trial: EventTrial, wrong: str) -> None:
    assert any(wrong in each for each in trial.wrong) if wrong else trial.wrong == ()
    assert trial.agrees is (not wrong)
    assert msgspec.structs.replace(trial, by_itself=True).wrong == ()


@WHOLE
def test_a_repair_without_its_file(tmp_path: Path) -> None:
    """The answer keeps nothing: `sysctl --system` leaves it alone, and a restart of the container makes another
    link."""
    said: list[str] = []
    score = score_under_events(("interface-forwarding-off",), said.append, command=one_answer(tmp_path))
    (repair,) = score.repairs
    assert [each.event for each in repair.events] == ["sysctl-system", "container-restart", "docker-restart"]
    assert "repairs tried        1, each with its lasting part, of 1 that are printed" in said[-1].splitlines()
