"""Diagnoses many flows that one event breaks.  Most of them fail for the same few causes.

The set of causes of one flow is tried on the next flow before a new search.  The set is reported for this flow only if
its changes deliver the flow, and if every cause of the set is needed.  Therefore each flow has its own proof.
Alternative sets are not searched.  For a few flows, call ``examine``, which searches alternative sets.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import msgspec

from hairpin.causes.cause import View
from hairpin.causes.proof import is_proven, proof_by
from hairpin.causes.registry import known_cause
from hairpin.causes.where import container_of
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import without_search
from hairpin.diagnose.ended import text_with_places
from hairpin.diagnose.examination import Examination, examination
from hairpin.diagnose.search import rests_on_facts, search_causes
from hairpin.diagnose.suspect import CauseSet, Diagnosis, Suspect, joint_change
from hairpin.errors import ChangeError
from hairpin.kept import kept
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.walk.alike import TraceTakenOver, taken_over_after
from hairpin.walk.state import Reason
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

_FEW = 2
"""The greatest number of known causes of flows to other containers that are tried for a flow."""


def examine_many(network: Network, flows: tuple[Flow, ...]) -> Examination:
    """Return the examination of the flows, in the order asked.  If several causes explain a flow's stop, a cause that
    also stops an earlier flow is preferred."""
    known = _examined(network)
    if flows not in known:
        known[flows] = examination(network, tuple(map(_Found(network).diagnosis, flows)))
    return known[flows]


@kept
def _examined(network: Network) -> dict[tuple[Flow, ...], Examination]:  # noqa: ARG001
    """Return the cached examinations of the network.

    The examinations are cached because several events may lead to equal networks."""
    return {}


class _Known(msgspec.Struct, frozen=True, dict=True):
    """A known set of causes, usually a single cause, and the network without these causes.

    ``containers``: the containers of the flow for which the set was found."""

    containers: frozenset[str]
    reason: Reason
    suspects: tuple[Suspect, ...]
    network: Network
    without: Network
    like: "_Known | None" = None

    @property
    def is_alone(self) -> bool:
        """Whether the set has only one cause."""
        return len(self.suspects) == 1

    @property
    def is_of_containers(self) -> bool:
        """Whether a cause of the set is about a container."""
        return any(container_of(each.candidate.where) is not None for each in self.suspects)

    def walked(self, flow: Flow, before: Trace) -> Trace:
        """Return the flow's trace in the network without the causes.  ``before``: the flow's trace with the causes."""
        if (
            self.like is None
            or not isinstance(before, TraceTakenOver)
            or not self._is_exchanged(flow, before.like.flow)
        ):
            return walked(self.without, flow)
        return taken_over_after(self.without, before, walked(self.like.without, before.like.flow))

    def _is_exchanged(self, flow: Flow, first: Flow) -> bool:
        """Return whether one exchange of values turns the change of ``like`` into this set's change, and also turns the
        flow ``first`` into ``flow``.

        Alike flows may lead to different addresses that no namespace has, but a change may give one of these addresses
        to a container."""
        if self.like is None or (_containers(flow), _containers(first)) != (self.containers, self.like.containers):
            return False
        free = {str(each) for each in (flow.daddr, first.daddr) if flow.daddr != first.daddr}
        return not any(each in _text(known) for known in (self, self.like) for each in free)


@kept
def _text(known: _Known) -> str:
    """Return the set's change as a text with all its values."""
    return repr(joint_change(known.suspects))


class _Found:
    """The sets of causes that were found for the flows so far."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.known: list[_Known] = []

    def diagnosis(self, flow: Flow) -> Diagnosis:
        """Return the diagnosis of the flow.  Known sets of causes are tried before a new search."""
        trace = walked(self.network, flow)
        known = without_search(self.network, flow) or self._told(flow, trace)
        if known is not None:
            return known
        diagnosis = search_causes(self.network, flow)
        if diagnosis.causes and all(each.candidate.refused is None for each in diagnosis.causes):
            with suppress(ChangeError):
                self._tried(flow, trace, diagnosis.causes)
        return diagnosis

    def _told(self, flow: Flow, trace: Trace) -> Diagnosis | None:
        for each in self._likely(flow, trace):
            then = each.walked(flow, trace)
            if is_proven(self.network, flow, then) and not any(walked(one, flow).succeeds for one in _with_one(each)):
                return _diagnosis(trace, each.suspects, then)
        for suspect in self._by_same_causes(flow, trace):
            with suppress(ChangeError):
                then = self._tried(flow, trace, (suspect,))
                if is_proven(self.network, flow, then):
                    return _diagnosis(trace, (suspect,), then)
        return None

    def _likely(self, flow: Flow, trace: Trace) -> Iterator[_Known]:
        """Yield the known sets of causes that probably stop the flow.

        First come the sets of flows with the same containers.  A set of several causes is yielded only if it stops
        packets for the same reason.  After these come a few sets that stop packets for the same reason and are about no
        container."""
        own, stop = _containers(flow), trace.like.usual.stop
        reason = stop.reason if stop is not None else None
        yield from (each for each in self.known if each.containers & own and (each.is_alone or each.reason == reason))
        others = (each for each in self.known if each.reason == reason and not each.containers & own)
        yield from islice((each for each in others if not each.is_of_containers), _FEW)

    def _by_same_causes(self, flow: Flow, trace: Trace) -> Iterator[Suspect]:
        """Yield the flow's suspects that are proposed by causes which stopped earlier flows for the same reason."""
        for branch in trace.branches:
            stop = branch.stop
            if branch.succeeds or stop is None or not rests_on_facts(branch):
                continue
            alone = (each for each in self.known if each.is_alone and each.reason == stop.reason)
            known = (known_cause(each) for each in sorted({each.suspects[0].cause for each in alone}))
            view = View(self.network, flow, branch, stop)
            for cause in (each for each in known if each is not None):
                yield from (Suspect(cause.id, each, stop) for each in cause.find(view) if each.refused is None)

    def _tried(self, flow: Flow, trace: Trace, suspects: tuple[Suspect, ...]) -> Trace:
        """Return the flow's walk after the suspects' changes.  If the walk succeeds, the suspects are kept for later
        flows."""
        change, stop = joint_change(suspects), trace.usual.stop
        without = simulate(change, self.network)
        if stop is None:
            return walk_flow(without, flow)
        tried = _Known(_containers(flow), stop.reason, suspects, self.network, without, self._like(trace, change))
        then = tried.walked(flow, trace)
        if is_proven(self.network, flow, then):
            self.known.append(tried)
        return then

    def _like(self, trace: Trace, change: Change) -> _Known | None:
        """Return the known set that was found for an alike flow, and whose change differs from ``change`` only in the
        values of the flows' own containers; None if there is no such set."""
        if not isinstance(trace, TraceTakenOver):
            return None
        first, network = trace.like.flow, trace.network
        alike = [each for each in self.known if each.like is None and each.containers == _containers(first)]
        own = text_with_places(network, change, trace.flow) if alike else ""
        for each in alike:
            texts = _texts_by_flow(each)
            if first not in texts:
                texts[first] = text_with_places(network, joint_change(each.suspects), first)
            if texts[first] == own:
                return each
        return None


@kept
def _texts_by_flow(known: _Known) -> dict[Flow, str]:  # noqa: ARG001
    """Return the cached texts of the set's change, with places for the own values of each flow's containers."""
    return {}


@kept
def _with_one(known: _Known) -> tuple[Network, ...]:
    """Return, for each cause of the set, the network in which this cause and the causes that follow from it are left,
    and all other causes of the set are removed."""
    networks: list[Network] = []
    for left in known.suspects if not known.is_alone else ():
        rest = [each for each in known.suspects if each is not left and left not in each.follows_from]
        with suppress(ChangeError):
            networks += [simulate(joint_change(rest), known.network)] if rest else []
    return tuple(networks)


def _containers(flow: Flow) -> frozenset[str]:
    names = (flow.container, flow.start.name if isinstance(flow.start, FromContainer) else None)
    return frozenset(each for each in names if each is not None)


def _diagnosis(trace: Trace, suspects: tuple[Suspect, ...], then: Trace) -> Diagnosis:
    return Diagnosis(trace, (CauseSet(suspects, proof_by(trace, then)),))
