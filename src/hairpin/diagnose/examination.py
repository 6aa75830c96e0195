"""Diagnoses every asked flow and joins equal causes."""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.change.change import Change
from hairpin.diagnose.diagnose import CauseSet, Diagnosis, Key, Suspect, diagnose, is_before_start
from hairpin.diagnose.proof import Proof
from hairpin.diagnose.trimming import joined_change, joined_ways
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.state import Stop


class FoundCause(msgspec.Struct, frozen=True):
    """A proven cause.

    ``ref`` names it in this examination.  ``flows``: the indexes of the flows that it stops; empty if it is only in an
    alternative.  ``stop``: where it stops the first of them.  ``together``: refs (its own included) of the causes that
    have to go before those flows are delivered.  ``alternatives``: other sets of refs that would do instead.
    ``follows_from``: refs of the causes that made this one."""

    ref: str
    id: str
    candidate: Candidate
    stop: Stop
    proof: Proof
    flows: tuple[int, ...]
    together: tuple[str, ...]
    alternatives: tuple[tuple[str, ...], ...] = ()
    follows_from: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    """Of the suspects that are this cause (``Suspect.key``)."""

    @property
    def host(self) -> str:
        """The label of the host that the cause is on: where its change is made, else where the packet stopped."""
        return self.candidate.change.host or self.stop.netns.host


class Examination(msgspec.Struct, frozen=True):
    """The flows' diagnoses in the order asked, and the causes that they found.  ``instead``: causes that are in
    alternatives only; the flows are delivered without touching them."""

    network: Network
    diagnoses: tuple[Diagnosis, ...]
    causes: tuple[FoundCause, ...]
    instead: tuple[FoundCause, ...] = ()

    def causes_of(self, number: int) -> tuple[FoundCause, ...]:
        """Return the causes that stop the flow of that index, in the order of its own diagnosis."""
        order = [each.key for each in self.diagnoses[number].causes]
        found = [each for each in self.causes if number in each.flows]
        return tuple(sorted(found, key=lambda each: min(order.index(key) for key in each.keys if key in order)))


def examine(network: Network, flows: tuple[Flow, ...]) -> Examination:
    """Diagnose the flows, in the order asked."""
    return examination(network, tuple(diagnose(network, flow) for flow in flows))


def examination(network: Network, diagnoses: tuple[Diagnosis, ...]) -> Examination:
    """Return the diagnoses, and the causes that they name, each once."""
    found = _joined(network, diagnoses)
    needed, instead = (tuple(each for each in found if bool(each.flows) is wanted) for wanted in (True, False))
    return Examination(network, diagnoses, needed, instead)


class _Member(msgspec.Struct, frozen=True):
    """A suspect of one diagnosis, in the set that needs it.  ``flow``: the flow's index; None: in an alternative."""

    suspect: Suspect
    needed: CauseSet
    others: tuple[CauseSet, ...]
    flow: int | None


def _joined(network: Network, diagnoses: tuple[Diagnosis, ...]) -> tuple[FoundCause, ...]:
    """Return each cause once: those of the flows in the order in which they name them, then those of alternatives.
    A cause that has to be repaired before dockerd is started stands before all of them.

    One change of a host is one cause, whatever the flows call what it repairs."""
    changes: list[tuple[Change, Key]] = []
    members: dict[Key, list[_Member]] = {}
    identities: dict[Key, Key] = {}
    for member in (*_named(diagnoses), *_instead(diagnoses)):
        key, change = member.suspect.key, member.suspect.candidate.change
        known = next((of for earlier, of in changes if earlier == change), None)
        own = identities.setdefault(key, known or key)
        if known is None and change.host is not None:
            changes.append((change, own))
        members.setdefault(own, []).append(member)
    members = dict(sorted(members.items(), key=lambda item: not is_before_start(network, item[1][0].suspect)))
    refs = {own: f"c{index}" for index, own in enumerate(members, 1)}
    named = {key: refs[own] for key, own in identities.items()}
    return tuple(_found(refs[own], found, named) for own, found in members.items())


def _named(diagnoses: tuple[Diagnosis, ...]) -> Iterator[_Member]:
    for number, diagnosis in enumerate(diagnoses):
        for suspect in diagnosis.causes:
            yield _Member(suspect, diagnosis.sets[0], diagnosis.sets[1:], number)


def _instead(diagnoses: tuple[Diagnosis, ...]) -> Iterator[_Member]:
    for diagnosis in diagnoses:
        for other in diagnosis.sets[1:]:
            for suspect in other.causes:
                yield _Member(suspect, other, (), None)


def _found(ref: str, members: list[_Member], refs: dict[Key, str]) -> FoundCause:
    first = members[0]
    suspect = first.suspect
    needing = tuple(each.suspect.candidate for each in members if each.flow is not None) or (suspect.candidate,)
    change = joined_change(tuple(each.change for each in needing))
    flows = tuple(dict.fromkeys(each.flow for each in members if each.flow is not None))
    together = _refs(first.needed.causes, refs)
    others = (_refs(each.causes, refs) for member in members for each in member.others)
    return FoundCause(
        ref=ref,
        id=suspect.cause,
        candidate=msgspec.structs.replace(suspect.candidate, change=change, ways=joined_ways(needing)),
        stop=suspect.stop,
        proof=first.needed.proof,
        flows=flows,
        together=together,
        alternatives=tuple(dict.fromkeys(each for each in others if each != together)) if flows else (),
        follows_from=_refs(suspect.follows_from, refs),
        keys=tuple(dict.fromkeys(each.suspect.key for each in members)),
    )


def _refs(causes: tuple[Suspect, ...], refs: dict[Key, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(refs[each.key] for each in causes))
