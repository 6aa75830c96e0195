"""Finds the causes of a failing flow that is like a diagnosed flow, without a search.

The searches for two alike flows find the same causes, except for values of each flow's own containers.  If the causes
of the diagnosed flow name no value of its own containers, they are also the causes of the other flow.  Examples of such
causes are a sysctl of the host, a policy or a route.  Only the search is skipped.  The other flow has its own stop, and
its proof is a walk of this flow after the changes.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, View
from hairpin.causes.proof import is_repaired, proof_by
from hairpin.causes.registry import known_cause
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import without_search
from hairpin.diagnose.search import search_causes
from hairpin.diagnose.suspect import CauseSet, Diagnosis, Suspect, joint_change
from hairpin.diagnose.trimming import trimmed_candidate
from hairpin.errors import ChangeError
from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.alike import TraceTakenOver
from hairpin.walk.trace import Trace
from hairpin.walk.walked import walked


class Searched(msgspec.Struct, frozen=True, dict=True):
    """The diagnosis of a flow that a search in the network found."""

    network: Network
    diagnosis: Diagnosis


def diagnoses_of(network: Network, flows: tuple[Flow, ...]) -> Iterator[Diagnosis]:
    """Yield the diagnosis of each flow, in the order asked."""
    searched: dict[Flow, Searched] = {}
    for flow in flows:
        found = without_search(network, flow)
        if found is None:
            trace = walked(network, flow)
            first = searched.get(trace.like.flow)
            found = _same_causes(network, trace, first) if first is not None else None
            if found is None:
                found = search_causes(network, flow)
                searched[flow] = Searched(network, found)
        yield found


@kept
def _after(searched: Searched) -> tuple[Network, ...] | None:
    """Return the network after the changes of each set of causes.

    Return None if the changes name values of the flow's own containers, or if a cause was not found at a stop of the
    flow's first walk."""
    network, found = searched.network, searched.diagnosis
    stops = [branch.stop for branch in found.trace.branches]
    suspects = [suspect for each in found.sets for suspect in each.causes]
    if not suspects or any(each.follows_from or each.stop not in stops for each in suspects):
        return None
    if any(_names_own(searched, each.candidate.change) for each in suspects):
        return None
    try:
        return tuple(simulate(joint_change(each.causes), network) for each in found.sets)
    except ChangeError:
        return None


def _names_own(searched: Searched, value: Change | Candidate) -> bool:
    """Return whether the value names a value of the flow's own containers."""
    from hairpin.network.kinds.kinds import kinds_of  # noqa: PLC0415 - not needed for one flow

    network, said = searched.network, repr(value)
    return any(word in said for word in kinds_of(network).words_of(searched.diagnosis.trace.flow, network.this.name))


def _same_causes(network: Network, trace: Trace, first: Searched) -> Diagnosis | None:
    """Return the diagnosis of the trace's flow with the causes of the alike flow ``first``; None if these causes do not
    repair the trace's flow."""
    after_each = _after(first)
    if after_each is None or not isinstance(trace, TraceTakenOver):
        return None
    of_first, own = first.diagnosis.trace.branches, trace.branches
    if len(of_first) != len(own):
        return None
    sets: list[CauseSet] = []
    for found, after in zip(first.diagnosis.sets, after_each, strict=True):
        repaired = walked(after, trace.flow)
        if not is_repaired(network, trace.flow, repaired):
            return None
        causes = tuple(
            suspect for each in found.causes if (suspect := _own_suspect(first, found, each, trace)) is not None
        )
        if len(causes) != len(found.causes):
            return None
        sets.append(CauseSet(causes, proof_by(trace, repaired)))
    return Diagnosis(trace, tuple(sets), met_unread=first.diagnosis.met_unread)


def _own_suspect(first: Searched, found: CauseSet, suspect: Suspect, trace: Trace) -> Suspect | None:
    """Return the suspect of the trace's flow that corresponds to ``suspect``, which the search for the alike flow
    found.

    If the candidate names values of the alike flow's containers, for example in another way to repair, the cause
    proposes a candidate for this flow.  Return None if no candidate makes the same change."""
    of_first = first.diagnosis.trace.branches
    own = next(each for one, each in zip(of_first, trace.branches, strict=True) if one.stop == suspect.stop)
    if own.stop is None:
        return None
    if not _names_own(first, suspect.candidate):
        return Suspect(suspect.cause, suspect.candidate, own.stop)
    cause = known_cause(suspect.cause) if len(found.causes) == 1 else None
    for each in cause.find(View(first.network, trace.flow, own, own.stop)) if cause is not None else ():
        candidate = trimmed_candidate(each, first.network, trace.flow, ())
        if (candidate.change, candidate.where) == (suspect.candidate.change, suspect.candidate.where):
            return Suspect(suspect.cause, candidate, own.stop)
    return None
