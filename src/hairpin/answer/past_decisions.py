"""Marks the repairs that undo a decision only because of the rest of the answer.  The mark is the one judgement that
``check``, ``fix`` and every front end ask.

Without a target, nobody asked for the flow, so no repair of a configured or decided stop is made without a choice.

A repair may put two containers on a common network and so bypass a rule between the containers.  A common network may
be the repair of another cause, for example of a name that the default network does not resolve.  If a second cause of
the answer is a decision, this repair undoes the decision, too.
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.change.calls import ConnectContainer, MakeNetwork
from hairpin.remedy.remedy import OwnersDecision, Remedy


def unasked_by_choice(cause: CauseAnswer) -> CauseAnswer:
    """Return the cause of an answer whose question names no target: if the stop is decided or configured, each of its
    repairs undoes this decision."""
    decision = cause.decision
    if decision is None and cause.configured is not None:
        from hairpin.remedy.decisions import decision_of_setting  # noqa: PLC0415 - few stops have a setting

        decision = decision_of_setting(cause.configured)
    if decision is None or all(each.undoes is not None for each in cause.remedies):
        return cause
    told = (
        each if each.undoes is not None else msgspec.structs.replace(each, undoes=decision) for each in cause.remedies
    )
    return msgspec.structs.replace(cause, remedies=tuple(told))


def joined_by_choice(causes: Iterable[CauseAnswer]) -> tuple[CauseAnswer, ...]:
    """Return the causes.  A repair that connects a container to a network is marked in them if it undoes the decision
    behind another cause, and if this other cause stops a flow now."""
    known = tuple(causes)
    return tuple(_by_choice(each, tuple(_decisions(each, known))) for each in known)


def _decisions(cause: CauseAnswer, causes: tuple[CauseAnswer, ...]) -> Iterator[OwnersDecision]:
    """Yield the decisions on the cause's host that hairpin undoes only by the administrator's choice."""
    for each in causes:
        first = each.remedies[0].undoes if each.remedies else None
        if each.ref != cause.ref and each.host == cause.host and each.flows and first is not None:
            yield first


def _by_choice(cause: CauseAnswer, decisions: tuple[OwnersDecision, ...]) -> CauseAnswer:
    if not decisions or not any(map(_joins, cause.remedies)):
        return cause
    told = (
        msgspec.structs.replace(each, undoes=decisions[0]) if _joins(each) and each.undoes is None else each
        for each in cause.remedies
    )
    return msgspec.structs.replace(cause, remedies=tuple(sorted(told, key=lambda each: each.undoes is not None)))


def _joins(remedy: Remedy) -> bool:
    return any(
        isinstance(call, MakeNetwork) or (isinstance(call, ConnectContainer) and call.verb == "connect")
        for call in remedy.change.calls
    )
