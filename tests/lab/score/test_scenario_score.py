"""The score counts right and wrong answers, of scenarios with one host and with several."""

from pathlib import Path

from tests.lab.score.reports import one_answer
from tests.score.scenario_score import score_scenarios
from tests.waiting import HANG_S
from tests.whole import WHOLE


@WHOLE
def test_score_of_something_that_always_says_the_same(tmp_path: Path) -> None:
    """It is right on one fault, wrong on another, and a false alarm on a healthy host."""
    command = one_answer(tmp_path)
    said: list[str] = []
    right = score_scenarios(("interface-forwarding-off",), said.append, command=command)
    assert right.perfect
    assert {
        "top-1                1/1 faults have their cause named first",
        "verdict = reality    3/3",
        "repairs              1/1 bring the connection back as printed",
    } <= set(said[-1].splitlines())
    wrong = score_scenarios(("docker-user-drops", "healthy-udp"), said.append, parallel=1, command=command)
    assert not wrong.perfect
    assert {
        "top-1                0/1 faults have their cause named first",
        "false alarms         2 in 2 questions about what works",
        "repairs              0/1 bring the connection back as printed",
    } <= set(said[-1].splitlines())
    assert any("named interface-forwarding-off, the cause is docker-user-drops" in line for line in said)
    assert all(0 < row.seconds < HANG_S for row in wrong.asked)
