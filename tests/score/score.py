"""How right hairpin is about some labs: its answers, and the repairs that it prints or makes, held against real
connections.

One loop goes over the labs.  What is done to each is a judge's: ``scenario_score``, ``random_score``, ``event_score``
and ``fix_score`` have one each.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import msgspec

from hairpin.errors import LabError
from hairpin.lab.scenario import Scenario
from hairpin.lab.trial import say
from tests.score.fixing import Fixed
from tests.score.judging import FlowScore
from tests.score.random_faults import Draw
from tests.score.repairing import RepairScore

_Lab = TypeVar("_Lab", Scenario, Draw)


class LabScore(msgspec.Struct, frozen=True):
    """One lab: the answers about it, and what came of the repairs that they print, or that `hairpin fix` made.

    ``changed``: what `fix` and `undo` did to the lab beside repairing. ``left_out``: the faults that could not be
    carried out. ``boot``: the flows that are not as before the faults when the host comes back with all repairs.
    ``trouble``: why the lab could not be carried through, which is a defect of the lab, not of hairpin.
    """

    name: str
    healthy: bool = False
    several_hosts: bool = False
    left_out: tuple[str, ...] = ()
    asked: tuple[FlowScore, ...] = ()
    repairs: tuple[RepairScore, ...] = ()
    fixes: tuple[Fixed, ...] = ()
    changed: tuple[str, ...] = ()
    boot: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def misses(self) -> tuple[str, ...]:
        """What is wrong, a sentence for each."""
        return (
            *([f"could not be carried through: {self.trouble}"] if self.trouble else []),
            *(f"{asked.flow}: {wrong}" for asked in self.asked for wrong in asked.wrong),
            *(
                f"repair of {repair.flow} ({', '.join(repair.causes)}): {wrong}"
                for repair in self.repairs
                for wrong in repair.wrong
            ),
            *(wrong for each in self.fixes for wrong in each.wrong),
            *self.changed,
            *(f"after a reboot: {each}" for each in self.boot),
        )


class Score(msgspec.Struct, frozen=True):
    """All labs.  ``seed``: of random labs."""

    labs: tuple[LabScore, ...]
    seed: int | None = None
    schema: str = "hairpin.lab-score/2"

    @property
    def perfect(self) -> bool:
        return not any(lab.misses for lab in self.labs)

    @property
    def asked(self) -> tuple[FlowScore, ...]:
        """All answers."""
        return tuple(row for lab in self.labs for row in lab.asked)

    @property
    def repairs(self) -> tuple[RepairScore, ...]:
        """All printed repairs; also those that need a person."""
        return tuple(repair for lab in self.labs for repair in lab.repairs)

    @property
    def whole_repairs(self) -> tuple[RepairScore, ...]:
        """Those that commands alone carry out."""
        return tuple(repair for repair in self.repairs if not repair.by_hand)

    @property
    def troubles(self) -> int:
        """How many labs could not be carried through."""
        return sum(bool(lab.trouble) for lab in self.labs)


class Judge(msgspec.Struct, Generic[_Lab], frozen=True):
    """What is done to each lab, and how the scores are told: each lab's as soon as it is there, and all at the end."""

    scored: Callable[[_Lab], LabScore]
    lines: Callable[[LabScore], str]
    summary: Callable[[Score], str]


def score_labs(
    labs: Iterable[_Lab],
    judge: Judge[_Lab],
    out: Callable[[str], object] = say,
    *,
    parallel: int = 1,
    seed: int | None = None,
) -> Score:
    """Return the score of the labs; ``out`` gets the lines of each as soon as all before it are there."""

    def tried(lab: _Lab) -> LabScore:
        try:
            return judge.scored(lab)
        except LabError as error:
            return LabScore(lab.name, trouble=str(error))

    found: list[LabScore] = []
    pool = ThreadPoolExecutor(parallel)
    try:
        for one in pool.map(tried, labs):
            found.append(one)
            out(judge.lines(one))
    finally:
        pool.shutdown(cancel_futures=True)
    score = Score(tuple(found), seed)
    out(judge.summary(score))
    return score


def share(right: Iterable[bool]) -> str:
    """Return how many of all are right, as ``3/4``."""
    found = tuple(right)
    return f"{sum(found)}/{len(found)}"
