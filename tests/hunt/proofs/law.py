"""The law of a proof: the first printed repairs of a flow's causes, made in printed order, give what its proof says.

So does each further printed repair in the place of the first one, and the plan of ``hairpin fix`` foretells what the
network after its repairs gives.
"""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.check import with_causes
from hairpin.answer.proven_repairs import first_change
from hairpin.apply.plan import RepairPlan, plan_of
from hairpin.beside.inquiry import Inquiry
from hairpin.change.change import Change
from hairpin.change.simulation.in_turn import made_in_turn
from hairpin.diagnose.examination import Examination, examine
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.remedy.in_turn import after
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walk import walk_flow


class Broken(msgspec.Struct, frozen=True):
    """A case of which the law does not hold.  ``what``: of a set of causes, a repair, or the plan; ``causes``: ids in
    the printed order; ``told`` and ``found``: the verdict that is printed, and that of the walk."""

    what: str
    flow: str
    causes: tuple[str, ...]
    told: Verdict
    found: Verdict | None

    def __str__(self) -> str:
        found = self.found if self.found is not None else "changes that do not fit together"
        return f"{self.what}: {self.flow} [{', '.join(self.causes)}] told {self.told}, found {found}"


def answered(network: Network, flows: tuple[Flow, ...]) -> tuple[Answer, Examination]:
    """Return what ``check`` answers about these flows of the network, without events, and the examination behind it."""
    examination = examine(network, flows)
    inquiry = Inquiry(Question(), network, flows, examination)
    return with_causes(Answer(Question(), (), network, ()), inquiry, "causes"), examination


def broken(network: Network, flows: tuple[Flow, ...]) -> tuple[Broken, ...]:
    """Return where the law does not hold of the answer about these flows, and of the plan."""
    answer, examination = answered(network, flows)
    of_answer = (*broken_sets(answer, examination), *broken_repairs(answer))
    return (*of_answer, *broken_plan(plan_of(answer, (), with_latent=False)))


def broken_sets(answer: Answer, examination: Examination) -> Iterator[Broken]:
    """Yield the flows that do not pass with the first printed repairs of their causes, though their proof says so.

    A flow counts as passing whether it is delivered or leaves: another flow's repair may lead it."""
    for flow, diagnosis in zip(answer.flows, examination.diagnoses, strict=True):
        if diagnosis.proof is None:
            continue
        causes = tuple(each for each in answer.causes if each.ref in flow.causes)
        found = _verdict(answer.network, tuple(map(first_change, causes)), flow.trace.flow)
        told = diagnosis.proof.with_change
        if not _alike(told, found):
            yield Broken("set", _told(flow.trace.flow), _ids(causes), told, found)


def broken_repairs(answer: Answer) -> Iterator[Broken]:
    """Yield the repairs that do not give what they are printed with, beside the first ones of the others of the set."""
    flows = {each.ref: each for each in answer.flows}
    for cause in answer.causes:
        for number, remedy in enumerate(cause.remedies if cause.flows else ()):
            told = remedy.proof if remedy.proof is not None else cause.proof.with_change if cause.proof else None
            if told is None or not remedy.change.parts:
                continue
            flow = flows[cause.flows[0]]
            causes = tuple(each for each in answer.causes if each.ref in flow.causes)
            changes = tuple(remedy.change if each is cause else first_change(each) for each in causes)
            found = _verdict(answer.network, changes, flow.trace.flow)
            if not _alike(told, found):
                yield Broken(f"repair {number} of {cause.id}", _told(flow.trace.flow), _ids(causes), told, found)


def broken_plan(plan: RepairPlan) -> Iterator[Broken]:
    """Yield the flows for which the plan foretells another verdict than its repairs give: their changes, and their
    steps."""
    network = plan.answer.network
    then = network
    for each in plan.repairs:
        then = after(msgspec.structs.replace(each.remedy, keeping=()), network, then)
    changes = tuple(each.remedy.change for each in plan.repairs)
    ids = tuple(each.id for each in plan.repairs)
    for flow, told in zip(plan.answer.flows, plan.then, strict=True):
        by_changes = _verdict(network, changes, flow.trace.flow)
        by_steps = walk_flow(then, flow.trace.flow).verdict
        if by_changes != told:
            yield Broken("changes of the plan", _told(flow.trace.flow), ids, told, by_changes)
        if by_steps != told:
            yield Broken("steps of the plan", _told(flow.trace.flow), ids, told, by_steps)


def _verdict(network: Network, changes: tuple[Change, ...], flow: Flow) -> Verdict | None:
    """Return the verdict after the changes; None if they do not fit together."""
    try:
        return walk_flow(made_in_turn(changes, network), flow).verdict
    except ChangeError:
        return None


def _alike(told: Verdict, found: Verdict | None) -> bool:
    return found == told or (found is not None and succeeds(told) and succeeds(found))


def _told(flow: Flow) -> str:
    return f"{flow.start_text()} to {flow.target_text()}"


def _ids(causes: tuple[CauseAnswer, ...]) -> tuple[str, ...]:
    return tuple(each.id for each in causes)
