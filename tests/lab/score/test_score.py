"""A score has the answers and repairs of all its labs; a lab that fails is a defect of the lab."""

from hairpin.errors import LabError
from hairpin.message import message
from tests.score.random_faults import Draw, of_names
from tests.score.repairing import RepairScore
from tests.score.score import Judge, LabScore, Score, score_labs, share

WORKS = RepairScore("client → web", ("ip-forward-off",), ("true",), works=True)
BY_HAND = RepairScore("client → web", ("ip-forward-off", "icc-off"), ("true",), by_hand=("icc-off",))


def test_it_is_perfect_until_something_is_wrong() -> None:
    fine = LabScore("a", repairs=(WORKS, BY_HAND))
    assert Score((fine,)).perfect
    assert Score((fine,)).whole_repairs == (WORKS,)
    for lab in (LabScore("b", trouble="no dockerd"), LabScore("b", boot=("opened x",))):
        assert not Score((fine, lab)).perfect


def test_a_lab_that_cannot_be_carried_through_keeps_none_from_its_turn() -> None:
    draws = tuple(of_names((name,)) for name in ("docker-user-drops", "ip-forward-off"))

    def scored(draw: Draw) -> LabScore:
        if draw is draws[0]:
            raise LabError(message("no dockerd"))
        return LabScore(draw.name)

    told: list[str] = []
    judge = Judge(scored, lambda lab: f"{lab.name} {lab.trouble}", lambda score: f"troubles: {score.troubles}")
    score = score_labs(draws, judge, told.append, parallel=2)
    assert score.labs == (LabScore("docker-user-drops", trouble="no dockerd"), LabScore("ip-forward-off"))
    assert told == ["docker-user-drops no dockerd", "ip-forward-off ", "troubles: 1"]


def test_share() -> None:
    assert share((True, False, True)) == "2/3"
