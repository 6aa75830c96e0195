"""Collects findings in addition to the causes of the asked flows: about addresses, events, open ports and single
clients."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.causes.cause import Finding
from hairpin.causes.registry import causes_of_flows
from hairpin.causes.where import rule_of
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.foreseen import foreseen
from hairpin.diagnose.singled_out import SingledOut
from hairpin.engines.missing import missing_on
from hairpin.network.flow import FromContainer


def findings(
    examination: Examination, kept_out: tuple[SingledOut, ...], *, ahead: bool, everything: bool
) -> tuple[Finding, ...]:
    """Return the findings in the order of the report.

    ``kept_out``: the clients that hosts drop.  ``ahead``: whether faults that events will bring are included.
    ``everything``: whether the user named no target.  If ``everything`` is true, findings that concern no asked flow
    are included."""
    missed = _missed(examination) if ahead else ()
    return (
        *missed,
        *_unhairpinned(examination),
        *_nameless(examination),
        *(_to_come(examination, missed, everything=everything) if ahead else ()),
        *(each.found for each in kept_out if each.found is not None),
    )


def _missed(examination: Examination) -> tuple[Finding, ...]:
    if not any(lost for host in examination.network.hosts if host.was_read for _, lost in missing_on(host)):
        return ()
    from hairpin.diagnose.latent import latent  # noqa: PLC0415 - most hosts have all rules of their engines

    return latent(examination)


def _unhairpinned(examination: Examination) -> tuple[Finding, ...]:
    if not examination.network.world.publics:
        return ()
    from hairpin.diagnose.unhairpinned import unhairpinned  # noqa: PLC0415 - few hosts have a public address outside

    return unhairpinned(examination)


def _nameless(examination: Examination) -> tuple[Finding, ...]:
    flows = (each.trace.flow for each in examination.diagnoses)
    if not any(isinstance(each.start, FromContainer) and each.purpose == "asked" for each in flows):
        return ()
    from hairpin.beside.walks.nameless import nameless  # noqa: PLC0415 - few questions are about two containers

    return nameless(examination)


def _to_come(examination: Examination, missed: tuple[Finding, ...], *, everything: bool) -> Iterator[Finding]:
    named = (*examination.causes, *examination.instead, *missed)
    yield from foreseen(examination, frozenset(key for each in named for key in each.keys))
    for cause in causes_of_flows(examination.asked):
        for each in cause.of_flows(examination.asked):
            if (everything or each.flows) and _is_beside(each, named):
                yield msgspec.structs.replace(each, id=cause.id)


def _is_beside(found: Finding, named: tuple[Finding, ...]) -> bool:
    """Return whether the finding needs no other cause, or its host has a blocking cause that it leaves behind."""
    leaves = found.candidate.leaves
    blocking = (each for each in named if each.severity == "blocking" and each.host == found.host)
    return not leaves or any(each.id in leaves for each in blocking)


def without_repaired(found: tuple[Finding, ...], causes: tuple[CauseAnswer, ...]) -> tuple[Finding, ...]:
    """Return the findings without exposures through rules that the causes call accidents.

    The repair of such a cause deletes or bypasses the rule, so a loss of the rule exposes nothing.  An exposure through
    a rule that somebody decided stays in the result."""
    accidents = {
        (each.host, place)
        for each in causes
        if (place := rule_of(each.candidate.where)) is not None
        and each.severity == "blocking"
        and each.decision is None
        and each.configured is None
        and each.remedies
    }
    return tuple(
        each
        for each in found
        if each.severity != "exposure" or (each.host, rule_of(each.candidate.where)) not in accidents
    )
