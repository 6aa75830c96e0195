"""Joins the equal causes of several flows' diagnoses."""

from collections.abc import Callable, Iterator

import msgspec

from hairpin.causes.cause import Finding, Key
from hairpin.causes.proof import is_repaired
from hairpin.change.change import Change
from hairpin.change.simulation.in_turn import made_in_turn
from hairpin.diagnose.proven_set import is_before_start
from hairpin.diagnose.suspect import CauseSet, Diagnosis, Suspect
from hairpin.diagnose.trimming import joined_change, joined_ways
from hairpin.errors import ChangeError
from hairpin.network.network import Network
from hairpin.walk.walked import walked


class _Member(msgspec.Struct, frozen=True):
    """A suspect of one diagnosis, with the set of causes that needs it.

    ``flow``: the index of the diagnosed flow, or None if the set is an alternative."""

    suspect: Suspect
    needed: CauseSet
    others: tuple[CauseSet, ...]
    flow: int | None


_Identity = tuple[Key, int]
"""The identity that all suspects of one cause share.

The identity consists of the suspects' key and the number 0.  If the suspects were made a separate cause, the identity
has the number of their change instead of 0."""


_COUNTED = ("number", "handle")
"""The parts of a rule's place that do not identify the rule, because an earlier change may shift the rule's number."""


class _Identities:
    """The identities of suspects.

    Suspects with equal keys are one cause, except suspects whose change was made a separate cause."""

    def __init__(self) -> None:
        self._changes: dict[Key, list[Change]] = {}
        self._apart: set[_Identity] = set()
        self._known: dict[int, tuple[Suspect, _Identity]] = {}

    def of(self, suspect: Suspect) -> _Identity:
        """Return the identity of the suspect's cause."""
        own = self._own(suspect)
        return own if own in self._apart else (own[0], 0)

    def keep_apart(self, suspect: Suspect) -> bool:
        """Make the suspects with this suspect's key and change a separate cause.

        Return False if these suspects already were a separate cause."""
        own = self._own(suspect)
        is_new = own not in self._apart
        self._apart.add(own)
        return is_new

    def _own(self, suspect: Suspect) -> _Identity:
        _, own = self._known.get(id(suspect)) or self._known.setdefault(id(suspect), (suspect, self._new(suspect)))
        return own

    def _new(self, suspect: Suspect) -> _Identity:
        """Return the identity that consists of the suspect's key and of a number for its change.  Equal changes of one
        key have the same number."""
        cause, host, place = suspect.key
        key = cause, host, tuple(each for each in place if each[0] not in _COUNTED)
        known, change = self._changes.setdefault(key, []), suspect.candidate.change
        number = next((number for number, each in enumerate(known, 1) if each == change), None)
        if number is None:
            known.append(change)
        return key, number or len(known)


def each_cause_once(network: Network, diagnoses: tuple[Diagnosis, ...]) -> tuple[Finding, ...]:
    """Return each cause once: first the causes of the flows, in the flows' order, then the causes of alternative sets.
    Causes that have to be repaired before dockerd starts come before all others.

    Suspects with equal changes of a host are one cause, even if the flows' diagnoses give it different names.  Suspects
    with equal keys are one cause if one change repairs all their flows.  A suspect whose flow this change does not
    repair is a separate cause."""
    members = (*_named(diagnoses), *_instead(diagnoses))
    identities = _Identities()
    found = _grouped(network, members, identities)
    while True:
        unrepaired = tuple(_unrepaired(network, diagnoses, found, identities))
        if not [each for each in unrepaired if identities.keep_apart(each)]:
            break
        found = _grouped(network, members, identities)
    return tuple({each.ref: each for each in found.values()}.values())


def _grouped(network: Network, members: tuple["_Member", ...], identities: _Identities) -> dict[_Identity, Finding]:
    """Return the cause of each identity, in the order of the causes.  Several identities may have the same cause."""
    changes: list[tuple[Change, _Identity]] = []
    groups: dict[_Identity, list[_Member]] = {}
    owners: dict[_Identity, _Identity] = {}
    for member in members:
        identity, change = identities.of(member.suspect), member.suspect.candidate.change
        known = next((of for earlier, of in changes if earlier == change), None)
        own = owners.setdefault(identity, known or identity)
        if known is None and change.host is not None:
            changes.append((change, own))
        groups.setdefault(own, []).append(member)
    groups = dict(sorted(groups.items(), key=lambda item: not is_before_start(network, item[1][0].suspect)))
    refs = {own: f"c{index}" for index, own in enumerate(groups, 1)}

    def ref_of(suspect: Suspect) -> str:
        """Return the reference of the suspect's cause.

        If the suspect's change was trimmed later, the suspect's cause is found by its key alone."""
        identity = identities.of(suspect)
        own = owners.get(identity)
        return refs[own if own is not None else next(owners[each] for each in owners if each[0] == identity[0])]

    told = {own: _found(refs[own], group, ref_of) for own, group in groups.items()}
    return {identity: told[own] for own in told for identity in owners if owners[identity] == own}


def _unrepaired(
    network: Network, diagnoses: tuple[Diagnosis, ...], found: dict[_Identity, Finding], identities: _Identities
) -> Iterator[Suspect]:
    """Yield the suspects whose change differs from the change of their cause, for each flow that does not pass with the
    changes of its causes."""
    after: dict[tuple[str, ...], Network | None] = {}
    for diagnosis in diagnoses:
        causes = tuple(found[identities.of(each)] for each in diagnosis.causes)
        others = [each for each, cause in zip(diagnosis.causes, causes, strict=True)
                  if each.candidate.change != cause.candidate.change]  # fmt: skip
        if not others:
            continue
        refs = tuple(each.ref for each in causes)
        if refs not in after:
            after[refs] = _without(network, causes)
        flow, then = diagnosis.trace.flow, after[refs]
        if then is None or not is_repaired(network, flow, walked(then, flow)):
            yield from others


def _without(network: Network, causes: tuple[Finding, ...]) -> Network | None:
    """Return the network without the causes; None if their changes do not fit it."""
    once = {each.ref: each.candidate.change for each in causes}.values()
    try:
        return made_in_turn(tuple(once), network)
    except ChangeError:
        return None


def _named(diagnoses: tuple[Diagnosis, ...]) -> Iterator[_Member]:
    for number, diagnosis in enumerate(diagnoses):
        for suspect in diagnosis.causes:
            yield _Member(suspect, diagnosis.sets[0], diagnosis.sets[1:], number)


def _instead(diagnoses: tuple[Diagnosis, ...]) -> Iterator[_Member]:
    for diagnosis in diagnoses:
        for other in diagnosis.sets[1:]:
            for suspect in other.causes:
                yield _Member(suspect, other, (), None)


def _found(ref: str, members: list[_Member], ref_of: Callable[[Suspect], str]) -> Finding:
    first = members[0]
    suspect = first.suspect
    needing = tuple(each.suspect.candidate for each in members if each.flow is not None) or (suspect.candidate,)
    change = joined_change(tuple(each.change for each in needing))
    flows = tuple(dict.fromkeys(each.flow for each in members if each.flow is not None))
    together = _refs(first.needed.causes, ref_of)
    others = (_refs(each.causes, ref_of) for member in members for each in member.others)
    return Finding(
        candidate=msgspec.structs.replace(suspect.candidate, change=change, ways=joined_ways(needing)),
        # A cause without flows is in an alternative set.
        severity="blocking" if flows else "advice",
        id=suspect.cause,
        host=change.host or suspect.stop.netns.host,
        flows=flows,
        stop=suspect.stop,
        proof=first.needed.proof,
        keys=tuple(dict.fromkeys(each.suspect.key for each in members)),
        ref=ref,
        together=together,
        alternatives=tuple(dict.fromkeys(each for each in others if each != together)) if flows else (),
        follows_from=_refs(suspect.follows_from, ref_of),
    )


def _refs(causes: tuple[Suspect, ...], ref_of: Callable[[Suspect], str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(ref_of, causes)))
