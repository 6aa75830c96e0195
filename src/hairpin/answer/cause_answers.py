"""Makes the causes of an answer from the findings: each with its repairs and a ref."""

from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec

from hairpin.answer.answer import CauseAnswer, ref_of
from hairpin.answer.proven_repairs import (
    NOTHING_PRINTED,
    Printed,
    changes_beside,
    first_change,
    with_first_that_holds,
    with_proofs,
)
from hairpin.causes.cause import Finding, Severity
from hairpin.change.change import Change
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.policy import configured_at
from hairpin.kept import kept
from hairpin.network.network import Network
from hairpin.remedy.averting import averting
from hairpin.remedy.decisions import decision_named, wall_of, with_decisions, without_ways_past_decisions
from hairpin.remedy.effects import Others, others_of, with_effects
from hairpin.remedy.in_turn import after
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.remedy.under_events import judged_by_events
from hairpin.walk.state import Stop


def of_searched(examination: Examination) -> Iterator[CauseAnswer]:
    """Yield the causes that stop the asked flows, with their repairs, each for the hosts after the earlier repairs.  An
    alternative cause is repaired on the hosts as they are."""
    network = now = examination.network
    printed: dict[str, Change] = {}
    told: list[CauseAnswer] = []
    for found in examination.causes:
        cause = of_finding(found, examination, now, printed)
        told.append(with_first_that_holds(cause, found, examination, printed))
        printed[found.ref] = first_change(told[-1])
        if told[-1].remedies:
            now = after(told[-1].remedies[0], network, now)
    for cause, found in zip(told, examination.causes, strict=True):
        yield with_proofs(cause, found, examination, printed)
    for found in examination.instead:
        yield of_finding(found, examination, network)


def of_finding(
    found: Finding, examination: Examination, now: Network | None = None, printed: Printed = NOTHING_PRINTED
) -> CauseAnswer:
    """Return the finding with its repairs for the hosts ``now`` (None: as they are).

    ``printed``: the first repairs of earlier causes."""
    if found.later is not None:
        return _answer(found, averting(found, found.later, examination.network, examination.asked.flows))
    if found.stop is None:
        return of_reading(found, examination.network)
    return _repaired(found, found.stop, examination, now or examination.network, printed)


def of_reading(found: Finding, network: Network) -> CauseAnswer:
    """Return the cause of a finding without a packet's stop, with its repairs."""
    return _answer(found, remedies(found.id, found.candidate, network.seen_from(found.host)))


def with_refs(causes: Iterable[CauseAnswer], first: int) -> tuple[CauseAnswer, ...]:
    """Return the causes with their refs, from ``c<first>`` on."""
    refs = ((f"c{number}", each) for number, each in enumerate(causes, first))
    return tuple(msgspec.structs.replace(each, ref=ref, together=(ref,)) for ref, each in refs)


def by_severity(causes: Iterable[CauseAnswer]) -> tuple[CauseAnswer, ...]:
    """Return the causes sorted by severity; equal ones keep their order."""
    severities: tuple[Severity, ...] = get_args(Severity)
    return tuple(sorted(causes, key=lambda each: severities.index(each.severity)))


def _repaired(found: Finding, stop: Stop, examination: Examination, now: Network, printed: Printed) -> CauseAnswer:
    """Return the cause of a packet's stop, with its repairs, their effects on other flows, and the decision that it
    undoes."""
    others = _others(examination, found.host)
    written = configured_at(found.candidate, stop, others.network)
    asked = tuple(examination.diagnoses[number].trace.flow for number in found.flows)
    together = changes_beside(found, examination, printed)
    wall = wall_of(found.candidate, stop, others.network)
    meant = not wall.opens if wall is not None else written is not None
    candidate = found.candidate if meant else without_ways_past_decisions(found.candidate)
    made = remedies(found.id, candidate, others.network, now.seen_from(found.host))
    told = with_decisions(made, candidate, wall, others.network)
    held = with_effects(told, candidate, others, asked, together, meant=meant)
    answer = _answer(found, judged_by_events(held, found.id, others.network, asked, together))
    return msgspec.structs.replace(answer, configured=written, decision=decision_named(wall, held))


def _answer(found: Finding, made: tuple[Remedy, ...]) -> CauseAnswer:
    return CauseAnswer(
        ref=found.ref,
        id=found.id,
        host=found.host,
        severity=found.severity,
        candidate=found.candidate,
        stop=found.stop,
        proof=found.proof,
        flows=tuple(map(ref_of, found.flows)),
        together=found.together,
        event=found.event,
        remedies=made,
        alternatives=found.alternatives,
        follows_from=found.follows_from,
        line=found.line,
    )


def _others(examination: Examination, label: str) -> Others:
    """Return the known flows of the host, and their walks."""
    known = _others_of_hosts(examination)
    if label not in known:
        known[label] = others_of(examination.network.seen_from(label), examination.asked.flows)
    return known[label]


@kept
def _others_of_hosts(examination: Examination) -> dict[str, Others]:  # noqa: ARG001
    """Return the known flows by the label of the host.  Lazy: most hosts get no repair, so nothing is walked for
    them."""
    return {}
