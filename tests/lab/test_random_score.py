"""Random labs are judged by their real connections: the verdict, the cause named first, what repairs do."""

from pathlib import Path

from hairpin.lab.random_faults import of_names
from hairpin.lab.random_score import random_score
from tests.lab.reports import one_answer


def test_something_that_always_says_the_same_misses(tmp_path: Path) -> None:
    """It says that eth0 does not forward, and repairs that."""
    command = one_answer(tmp_path)
    said: list[str] = []
    labs = (
        of_names(("interface-forwarding-off",)),
        of_names(("docker-user-drops",)),
        of_names(("no-fault:healthy-plain",)),
    )
    report = random_score(labs, 1, said.append, command=command)
    right, missed, healthy = report.rows
    assert (right.again, right.repairs[0].works) == ("--together interface-forwarding-off", True)
    assert any(
        "named first: interface-forwarding-off; the faults are docker-user-drops" in each for each in missed.misses
    )
    assert any("does not repair: timeout" in each for each in missed.misses)
    assert any("false alarm" in each for each in healthy.misses)
    assert (report.false_alarms, report.healthy, report.repairs_working, report.repairs_tried) == (1, 1, 1, 2)
    assert (report.kinds["docker-user-drops"], report.kinds["ip-forward-off"]) == (1, 0)
    assert "seed                 1" in said[-1]
    assert f"kinds of fault       2 of {len(report.kinds)} carried out" in said[-1]
    assert "   1 docker-user-drops\n" in said[-1]
    assert "ip-forward-off" not in said[-1]
    assert not report.perfect


def test_hairpin_finds_two_faults_and_repairs_both() -> None:
    names = ("interface-forwarding-off", "docker-user-drops.saved")
    report = random_score((of_names(names),), 1, lambda _: None)
    (row,) = report.rows
    assert not row.trouble
    assert not row.left_out
    assert report.first_right == report.first_asked > 0
    assert [repair.works for repair in row.repairs] == [True]
