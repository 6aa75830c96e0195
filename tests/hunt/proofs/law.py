"""The law of a proof: the first printed repairs of a flow's causes, made in their printed order, give what its proof says.

Of each flow with a proof; of each printed repair that says what it proves; and of the plan, whose verdicts are those of
the network after its repairs.
"""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.ask import explained
from hairpin.apply.plan import plan_of
from hairpin.change.change import Change
from hairpin.change.simulate import simulate
from hairpin.diagnose.examination import Examination, examine
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.remedy.in_turn import renumbered_change
from hairpin.remedy.remedy import Remedy
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walk import walk_flow


class Broken(msgspec.Struct, frozen=True):
    """A case of which the law does not hold.  ``what``: which of its sentences; ``causes``: ids in the printed order."""

    what: str
    flow: str
    causes: tuple[str, ...]
    told: str
    found: str


def answered(network: Network, flows: tuple[Flow, ...]) -> tuple[Answer, Examination]:
    """Return what ``check`` answers about these flows of the network, without events, and the examination behind it."""
    examination = examine(network, flows)
    return explained(Answer(Question("check"), (), network, ()), examination, "causes"), examination


def broken(network: Network, flows: tuple[Flow, ...]) -> tuple[Broken, ...]:
    """Return where the law does not hold of the answer about these flows, and of the plan."""
    answer, examination = answered(network, flows)
    return (*_of_sets(answer, examination), *_of_remedies(answer), *_of_plan(answer))


def _of_sets(answer: Answer, examination: Examination) -> Iterator[Broken]:
    for flow, diagnosis in zip(answer.flows, examination.diagnoses, strict=True):
        if diagnosis.proof is None:
            continue
        causes = tuple(each for each in answer.causes if each.ref in flow.causes)
        found = _verdict(answer.network, tuple(map(first_change, causes)), flow.trace.flow)
        told = diagnosis.proof.with_change
        if found != told:
            what = "set" if not succeeds(found) else "set: other success"
            yield Broken(what, _told(flow.trace.flow), _ids(causes), told, found)


def _of_remedies(answer: Answer) -> Iterator[Broken]:
    """Yield the repairs whose printed proof is not what they give with the first repairs of the others of the set."""
    known = {each.ref: each for each in answer.causes}
    flows = {each.ref: each.trace.flow for each in answer.flows}
    for cause in answer.causes:
        for remedy in cause.remedies if cause.flows and cause.proof is not None else ():
            if not remedy.change.parts:
                continue
            changes = tuple(
                remedy.change if each is cause else first_change(each)
                for each in answer.causes
                if each.ref in cause.together
            )
            told = remedy.proof if remedy.proof is not None else cause.proof.with_change
            found = _verdict(answer.network, changes, flows[cause.flows[0]])
            if found != told and succeeds(found) != succeeds(told):
                causes = tuple(known[each] for each in cause.together)
                number = cause.remedies.index(remedy)
                yield Broken(f"remedy {number}", _told(flows[cause.flows[0]]), _ids(causes), told, found)


def _of_plan(answer: Answer) -> Iterator[Broken]:
    plan = plan_of(answer, (), with_latent=False)
    changes = tuple(each.remedy.change for each in plan.repairs)
    for flow, told in zip(answer.flows, plan.then, strict=True):
        found = _verdict(answer.network, changes, flow.trace.flow)
        if found != told:
            yield Broken("plan", _told(flow.trace.flow), tuple(each.id for each in plan.repairs), told, found)


def first_change(cause: CauseAnswer) -> Change:
    """Return the change of the first printed repair; of a cause whose first repair changes nothing that is simulated, the
    change that proved it."""
    first: Remedy | None = cause.remedies[0] if cause.remedies else None
    return first.change if first is not None and first.change.parts else cause.candidate.change


def _verdict(network: Network, changes: tuple[Change, ...], flow: Flow) -> Verdict | str:
    now = network
    for change in changes:
        try:
            now = simulate(renumbered_change(change, network, now), now)
        except ChangeError as error:
            return f"refused: {error}"
    return walk_flow(now, flow).verdict


def _told(flow: Flow) -> str:
    return f"{flow.start_text()} to {flow.target_text()}"


def _ids(causes: tuple[CauseAnswer, ...]) -> tuple[str, ...]:
    return tuple(each.id for each in causes)
