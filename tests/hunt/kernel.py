"""The kernel's word on a case: its change made in a replica, all flows after it, held against the walk.

``python -m tests.hunt --kernel`` judges cases of recorded hosts so.  What differs is a wrong step of the walk, or of
``change/simulation/simulate.py``.
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.change.change import InKernel
from hairpin.change.simulation.simulate import simulate
from hairpin.judges.agreement import replicated_as
from hairpin.judges.judged import judged
from hairpin.network.network import Network
from hairpin.replica.judge import RunningKernel
from hairpin.replica.judgement import Case as Asked
from hairpin.replica.judgement import Judgement
from hairpin.walk.walk import walk_flow
from tests.hunt.bases import base, evidence
from tests.hunt.case import case_of
from tests.hunt.law import starts


class Word(msgspec.Struct, frozen=True):
    """How many flows both judges agree on after the change and on how many they are undecided, and what differs."""

    name: str
    agreeing: int = 0
    undecided: int = 0
    differing: tuple[str, ...] = ()
    error: str = ""


def word(number: int, *, generated: bool) -> Word | None:
    """Return the kernel's word; None for a change that no replica makes, and for a base without its evidence."""
    case = case_of(number, generated=generated)
    found = base(case.base) if case is not None else None
    read = evidence(case.base) if case is not None else ()
    if case is None or found is None or not read or not all(isinstance(part, InKernel) for part in case.change.parts):
        return None
    name, kernel = f"{number} {case.base} {case.kind}", RunningKernel()
    after = simulate(case.change, found.network)
    flows = tuple(each for each in found.flows if starts(each, after))
    (outcome,) = kernel.judge((Asked(found.network, flows, read, case.change),))
    if outcome.error is not None or not outcome.after:
        return Word(name, error=str(outcome.error or "the replica does not make the change"))
    said = [_said(after, judgement, kernel.release) for judgement in outcome.after]
    differing = tuple(text for agrees, text in said if agrees is False)
    return Word(name, sum(agrees is True for agrees, _ in said), sum(agrees is None for agrees, _ in said), differing)


def _said(after: Network, judgement: Judgement, release: str) -> tuple[bool | None, str]:
    both = judged(after, walk_flow(after, judgement.flow), judgement, release)
    stop = both.trace.usual.stop
    at = f" {stop.reason} {stop.stage} {stop.link}" if stop is not None else ""
    flow = f"{judgement.flow.start_text()} to {judgement.flow.target_text()}"
    agrees = both.agreement.agrees
    if agrees is False and replicated_as(both.trace.verdict) == judgement.verdict:
        agrees = None  # the replica counts no rules that only the change has made
    return agrees, f"{flow}: walk {both.trace.verdict}{at}; {both.agreement.reason}"


def lines(told: Word) -> Iterator[str]:
    """Yield what differs in a case."""
    if told.error or told.differing:
        yield f"{told.name}: {told.error}"
    yield from (f"  {each}" for each in told.differing)


def table(words: Iterable[Word]) -> Iterator[str]:
    """Yield the sums of all cases."""
    every = tuple(words)
    agreeing, undecided = (sum(getattr(each, part) for each in every) for part in ("agreeing", "undecided"))
    differing = sum(len(each.differing) for each in every)
    yield f"{agreeing} flows agree, {differing} differ, {undecided} undecided"
