"""Makes the causes of an answer from the findings, each with its repairs and its reference."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, get_args

import msgspec

from hairpin.answer.answer import CauseAnswer, ref_of
from hairpin.causes.cause import Finding, Severity
from hairpin.change.change import Change
from hairpin.diagnose.examination import Examination
from hairpin.network.network import Network
from hairpin.remedy.averting import averting
from hairpin.remedy.in_turn import after
from hairpin.remedy.remedy import Remedy
from hairpin.walk.state import Stop

if TYPE_CHECKING:
    from hairpin.answer.proven_repairs import Printed


def of_searched(examination: Examination) -> Iterator[CauseAnswer]:
    """Yield the causes that stop the asked flows, with their repairs.

    The repairs of each cause fit the hosts after the earlier repairs.  The repairs of an alternative cause fit the
    hosts as they are now.  If the causes themselves are repaired without undoing a decision, an alternative offers no
    repair that undoes one."""
    if not (examination.causes or examination.instead):
        return
    from hairpin.answer.proven_repairs import first_change, with_first_that_holds, with_proofs  # noqa: PLC0415 - nothing is repaired on a healthy host

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
    undoing = any(each.remedies and each.remedies[0].undoes is not None for each in told)
    for found in examination.instead:
        cause = of_finding(found, examination, network)
        kept = tuple(each for each in cause.remedies if undoing or each.undoes is None)
        yield msgspec.structs.replace(cause, remedies=kept)


def of_finding(
    found: Finding, examination: Examination, now: Network | None = None, printed: "Printed | None" = None
) -> CauseAnswer:
    """Return the finding as a cause, with its repairs for the hosts ``now``.

    If ``now`` is None, the repairs are for the hosts as they were read.

    ``printed``: the first repairs of earlier causes."""
    if found.later is not None:
        return _answer(found, averting(found, found.later, examination.network, examination.asked.flows))
    if found.stop is None:
        return of_reading(found, examination.network)
    return _repaired(found, found.stop, examination, now or examination.network, printed)


def of_reading(found: Finding, network: Network) -> CauseAnswer:
    """Return the cause of a finding without a packet's stop, with its repairs."""
    from hairpin.remedy.plan import remedies  # noqa: PLC0415 - most hosts have no such state

    return _answer(found, remedies(found.id, found.candidate, network.seen_from(found.host)))


def with_refs(causes: Iterable[CauseAnswer], first: int) -> tuple[CauseAnswer, ...]:
    """Return the causes with their references.  The first cause has the reference ``c<first>``."""
    refs = ((f"c{number}", each) for number, each in enumerate(causes, first))
    return tuple(msgspec.structs.replace(each, ref=ref, together=(ref,)) for ref, each in refs)


def by_severity(causes: Iterable[CauseAnswer]) -> tuple[CauseAnswer, ...]:
    """Return the causes sorted by severity.  Causes of the same severity keep their order."""
    severities: tuple[Severity, ...] = get_args(Severity)
    return tuple(sorted(causes, key=lambda each: severities.index(each.severity)))


def _repaired(
    found: Finding, stop: Stop, examination: Examination, now: Network, printed: "Printed | None"
) -> CauseAnswer:
    """Return the cause of a packet's stop, with its repairs, and the setting or decision that stops the packet."""
    from hairpin.answer.stop_repairs import repairs_at  # noqa: PLC0415 - what comes, or is a state, stops nothing now

    made = repairs_at(found, stop, examination, now, printed or {})
    answer = _answer(found, made.remedies)
    return msgspec.structs.replace(answer, configured=made.configured, decision=made.decision)


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
