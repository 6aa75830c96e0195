"""The score counts right and wrong answers, of scenarios with one host and with several."""

from pathlib import Path

from hairpin.lab.score import score
from tests.lab.reports import one_answer


def test_score_of_something_that_always_says_the_same(tmp_path: Path) -> None:
    """It is right on one fault, wrong on another, and a false alarm on a healthy host."""
    command = one_answer(tmp_path)
    said: list[str] = []
    right = score(("interface-forwarding-off",), said.append, command=command)
    assert right.perfect
    assert (right.top1_right, right.top1_asked, right.agreeing, right.asked) == (1, 1, 3, 3)
    assert (right.repairs_working, right.repairs_tried) == (1, 1)
    assert "top-1                1/1" in said[-1]
    wrong = score(("docker-user-drops", "healthy-udp"), said.append, parallel=1, command=command)
    assert not wrong.perfect
    assert (wrong.top1_right, wrong.top1_asked, wrong.false_alarms, wrong.healthy_asked) == (0, 1, 2, 2)
    assert (wrong.repairs_working, wrong.repairs_tried) == (0, 1)
    assert any("named interface-forwarding-off, the cause is docker-user-drops" in line for line in said)
    assert 0 < wrong.median_seconds < 60
