"""Checks the printed repairs against the proof.

A user carries out the repairs of a set of causes together, in printed order.

The first repair of each cause is the recommended repair.  The flows must pass with this repair and the first repairs of
the other causes in their sets.  The printed proof is the walk with these first repairs.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.causes.cause import Finding
from hairpin.causes.proof import is_repaired, proof_by
from hairpin.change.change import Change
from hairpin.change.simulation.in_turn import change_in_turn, made_in_turn
from hairpin.diagnose.examination import Examination
from hairpin.errors import ChangeError
from hairpin.remedy.remedy import Remedy
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

Printed = Mapping[str, Change]
"""The changes that the first repairs of causes make, by the causes' references."""
_PROVEN = 8
"""The greatest number of flows of a cause that are walked for a repair that is not the first repair."""


def first_change(cause: CauseAnswer) -> Change:
    """Return the change of the cause's first repair.  If the first repair has no change, return the change that proved
    the cause."""
    first = cause.remedies[0].change if cause.remedies else Change(())
    return first if first.parts else cause.candidate.change


def changes_beside(found: Finding, examination: Examination, printed: Printed) -> tuple[Change, ...]:
    """Return, in printed order, the changes of the other causes that have to be removed for this cause's flows.

    If the changes for all these flows do not fit together, return the changes for the first flow."""
    own = {found.ref}
    of_all = {each.ref for number in found.flows for each in examination.causes_of(number)} - own
    of_first = {*found.together} - own
    for wanted in (of_all | of_first, of_first):
        changes = tuple(_change(each, printed) for each in _in_order(examination) if each.ref in wanted)
        if _fit(changes, examination):
            return changes
    return tuple(each.candidate.change for each in _in_order(examination) if each.ref in of_first)


def with_first_that_holds(
    cause: CauseAnswer, found: Finding, examination: Examination, printed: Printed
) -> CauseAnswer:
    """Return the cause without the repairs that come before the first repair with which all flows of the cause pass.

    ``printed``: the first repairs of earlier causes.  The change that proved the cause needs no further proof."""
    for number, remedy in enumerate(cause.remedies):
        change = remedy.change
        if not change.parts or change == found.candidate.change or _holds(change, found, examination, printed):
            return msgspec.structs.replace(cause, remedies=cause.remedies[number:])
    return msgspec.structs.replace(cause, remedies=())


def with_proofs(cause: CauseAnswer, found: Finding, examination: Examination, printed: Printed) -> CauseAnswer:
    """Return the cause with the proof by the first repairs ``printed``, and each of its repairs with its own proof.

    A repair after the first repair is left out if the flows fail with this repair and the first repairs of the other
    causes."""
    remedies = (
        each if not each.change.parts else _proven(each, found, examination, printed) for each in cause.remedies
    )
    kept = tuple(each for each in remedies if each is not None)
    walk = next(_walks(first_change(cause), found, examination, printed, found.flows[:1]), None)
    if walk is None or not found.candidate.offered:
        return msgspec.structs.replace(cause, remedies=kept)
    flow = examination.diagnoses[found.flows[0]].trace
    return msgspec.structs.replace(cause, remedies=kept, proof=proof_by(flow, walk))


def printed_otherwise(causes: tuple[CauseAnswer, ...], examination: Examination) -> dict[int, Change]:
    """Return, by the index of the flow, the changes of the first repairs in printed order.

    Only flows are included for which these changes differ from the changes that proved the causes."""
    told = {each.ref: each for each in causes}
    found: dict[int, Change] = {}
    for number in range(len(examination.diagnoses)):
        own = tuple(each for each in examination.causes if number in each.flows)
        changes = tuple(first_change(told[each.ref]) for each in own)
        if all(one == each.candidate.change for one, each in zip(changes, own, strict=True)):
            continue
        with suppress(ChangeError):
            found[number] = change_in_turn(changes, examination.network)
    return found


def _proven(remedy: Remedy, found: Finding, examination: Examination, printed: Printed) -> Remedy | None:
    """Return the repair with the verdict that it leads to.

    Return None if the flow fails with this repair and another repair is printed."""
    flows = found.flows[:_PROVEN]
    walks = tuple(_walks(remedy.change, found, examination, printed, flows))
    if not walks:
        return remedy
    failing = [each for each in walks if each is None or not each.succeeds]
    if failing and remedy.change not in (found.candidate.change, printed.get(found.ref)):
        return None
    shown = failing[0] if failing else walks[0]
    return remedy if shown is None else msgspec.structs.replace(remedy, proof=shown.verdict)


def _holds(change: Change, found: Finding, examination: Examination, printed: Printed) -> bool:
    walks = tuple(_walks(change, found, examination, printed, found.flows))
    return all(each is not None and is_repaired(examination.network, each.flow, each) for each in walks)


def _walks(
    change: Change, found: Finding, examination: Examination, printed: Printed, flows: tuple[int, ...]
) -> Iterator[Trace | None]:
    """Yield the walk of each flow with the change and the printed changes of the other causes in the flow's set.

    Yield None if these changes do not fit together.  A flow that was proven with exactly these changes is left out."""
    sets: dict[tuple[str, ...], list[int]] = {}
    for number in flows:
        sets.setdefault(tuple(each.ref for each in examination.causes_of(number)), []).append(number)
    for refs, numbers in sets.items():
        causes = tuple(each for each in examination.causes if each.ref in refs)
        changes = tuple(change if each.ref == found.ref else _change(each, printed) for each in causes)
        if all(one == each.candidate.change for one, each in zip(changes, causes, strict=True)):
            continue
        try:
            repaired = made_in_turn(changes, examination.network)
        except ChangeError:
            yield None
            continue
        yield from (walk_flow(repaired, examination.diagnoses[number].trace.flow) for number in numbers)


def _change(found: Finding, printed: Printed) -> Change:
    return printed.get(found.ref, found.candidate.change)


def _in_order(examination: Examination) -> tuple[Finding, ...]:
    return (*examination.causes, *examination.instead)


def _fit(changes: tuple[Change, ...], examination: Examination) -> bool:
    try:
        made_in_turn(changes, examination.network)
    except ChangeError:
        return False
    return True
