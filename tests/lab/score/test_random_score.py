"""Random labs are judged by their real connections: the verdict, the cause named first, what repairs do."""

from pathlib import Path

from tests.lab.score.reports import one_answer
from tests.score.random_faults import kinds, of_names
from tests.score.random_score import score_random
from tests.whole import WHOLE


@WHOLE
def test_something_that_always_says_the_same_misses(tmp_path: Path) -> None:
    """It says that eth0 does not forward, and repairs that."""
    command = one_answer(tmp_path)
    said: list[str] = []
    labs = (
        of_names(("interface-forwarding-off",)),
        of_names(("docker-user-drops",)),
        of_names(("no-fault:healthy-plain",)),
    )
    score = score_random(labs, 1, said.append, command=command)
    right, missed, healthy = score.labs
    assert (right.name, right.misses, right.repairs[0].works) == ("interface-forwarding-off", (), True)
    assert any("named interface-forwarding-off, the cause is docker-user-drops" in each for each in missed.misses)
    assert said[2].endswith("again: python -m tests.score --together docker-user-drops")
    assert any("does not repair: timeout" in each for each in missed.misses)
    assert any("false alarm" in each for each in healthy.misses)
    assert {
        "seed                 1",
        f"kinds of fault       2 of {len(kinds())} carried out",
        "false alarms         1 in 1 healthy labs",
        "repairs              1/2 bring the connection back",
    } <= set(said[-1].splitlines())
    assert "   1 docker-user-drops\n" in said[-1]
    assert "ip-forward-off" not in said[-1]
    assert not score.perfect


@WHOLE
def test_hairpin_finds_two_faults_and_repairs_both() -> None:
    names = ("interface-forwarding-off", "docker-user-drops.saved")
    score = score_random((of_names(names),), 1, lambda _: None)
    (row,) = score.labs
    assert not row.trouble
    assert not row.left_out
    assert {each.is_cause_right for each in row.asked if each.expected is not None} == {True}
    assert {repair.works for repair in row.repairs} == {True}
