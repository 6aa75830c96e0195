"""Finds the differences that decide a flow: the smallest set with which the earlier network gives the later outcome.

Repeated halving (QuickXplain) finds a set.  After this search, hairpin checks that each member of the set is needed.
If a smaller set also gives the later outcome, the smaller set replaces this set.  Every check is a walk through the
earlier network with the differences of one set.

Source: Ulrich Junker, QUICKXPLAIN, AAAI 2004

The second judge is asked about the found sets.  The kernel should decide as the walk does, both without and with the
differences of the set.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from hairpin.change.difference import difference
from hairpin.compare.edit import Edit, HostTaken, NotWalked, RulesTaken, TableKey, TableTaken
from hairpin.compare.listed_difference import ListedDifference
from hairpin.compare.mixing import Sides, with_edits
from hairpin.errors import ChangeError
from hairpin.events.aftermath import asked_again
from hairpin.evidence.reading import Evidence
from hairpin.judges.judged import judged
from hairpin.judges.replicated import MANY_RULES, rule_count
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.replica.judgement import Case, Kernel
from hairpin.walk.deciders import deciders
from hairpin.walk.reads import Part, what_reads
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

Chosen = frozenset[int]
"""A set of differences, by their indexes."""
_TRIES = 120
"""The greatest number of sets that are tried for one flow, to find a smaller set than the known set."""
_FEW = 24
"""The greatest number of candidates with which other sets of the same size are searched."""
_KEPT_NETWORKS = 64
RulePlace = tuple[TableKey, str, int]
"""The place of a rule: table, chain and number.  The number 0 stands for the policy."""


class FlowPair(msgspec.Struct, frozen=True):
    """A flow in its forms for the earlier and for the later network."""

    was: Flow
    now: Flow


class Decided(msgspec.Struct, frozen=True):
    """The differences that decide a flow.

    ``changes``: the smallest set with which the earlier network gives the later outcome; empty if no set of the listed
    differences gives it.  ``instead``: other sets of the same size that give the later outcome.  ``undoing``: the
    smallest set without which the later network gives the earlier outcome; usually this is the same set as ``changes``.
    """

    changes: Chosen
    instead: tuple[Chosen, ...] = ()
    undoing: Chosen = frozenset()


class Mixer:
    """Makes the earlier network with selections of the differences, and caches the networks that it made last."""

    def __init__(self, sides: Sides, differences: Sequence[ListedDifference]) -> None:
        self.sides = sides
        self.differences = tuple(differences)
        self._known: dict[Chosen, Network] = {}

    def network(self, chosen: Chosen) -> Network:
        """Return the earlier network with the chosen differences."""
        if not chosen:
            return self.sides.was
        if chosen not in self._known:
            while len(self._known) >= _KEPT_NETWORKS:
                del self._known[next(iter(self._known))]
            edits = (self.differences[number].edit for number in sorted(chosen))
            self._known[chosen] = with_edits(self.sides, edits)
        return self._known[chosen]

    def verdict(self, chosen: Chosen, flow: Flow) -> Verdict:
        """Return the verdict on the flow in the earlier network with the chosen differences.

        The flow is given in its form for the earlier network."""
        network = self.network(chosen)
        return walked(network, asked_again(self.sides.was, network, flow)).verdict


class Search:
    """Finds the differences that decide flows.

    In most cases, the same set decides all flows that meet the same differences, so the known set is tried first."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self._everything = frozenset(number for number, each in enumerate(mixer.differences) if _is_walked(each))
        self._listed = frozenset(number for number in self._everything if mixer.differences[number].listed)
        self._found: dict[tuple[Chosen, Verdict, Verdict], Decided] = {}

    def decided(self, pair: FlowPair, before: Trace, after: Trace) -> Decided:
        """Return the differences that decide the flow.  The flow's outcomes in the two networks differ."""
        mixer, listed = self._mixer, self._listed
        met = self._met(before, after)

        def leads(chosen: Chosen) -> bool:
            return mixer.verdict(chosen, pair.was) == after.verdict

        def leads_back(chosen: Chosen) -> bool:
            # The entries that the kernel has learned follow from other differences.  So they stay as in the earlier
            # network, unless the chosen differences contain learned entries.
            others = listed if chosen <= listed else self._everything
            return mixer.verdict(others - chosen, pair.was) == before.verdict

        key = (met, before.verdict, after.verdict)
        known = self._found.get(key)
        if known is not None and known.changes and leads(known.changes) and leads_back(known.undoing):
            return known
        candidates = next((each for each in (met, listed, self._everything) if each and leads(each)), None)
        if candidates is None:
            return Decided(frozenset())
        minimal = without_unneeded(minimal_set(candidates, leads), leads)
        smaller = next((each for each in _smaller(candidates, minimal) if leads(each)), None)
        changes = without_unneeded(smaller, leads) if smaller is not None else minimal
        undoing = changes if leads_back(changes) else self._undoing(candidates, leads_back)
        self._found[key] = Decided(changes, _instead(candidates | undoing, changes, leads), undoing)
        return self._found[key]

    def _met(self, before: Trace, after: Trace) -> Chosen:
        """Return the listed differences that the flow meets in the earlier or in the later network.  If only a few
        differences are listed, return all of them."""
        if len(self._listed) <= _FEW:
            return self._listed
        sides, differences = self._mixer.sides, self._mixer.differences
        rules = satisfied_rules(sides.was, before.flow), satisfied_rules(sides.now, after.flow)
        found = frozenset(number for number in self._listed if is_on_way(differences[number].edit, *rules))
        if len(found) <= _FEW:
            return found
        read = read_parts(sides.was, before.flow) | read_parts(sides.now, after.flow)
        return frozenset(number for number in found if is_read(differences[number], read))

    def _undoing(self, candidates: Chosen, leads_back: Callable[[Chosen], bool]) -> Chosen:
        among = next((each for each in (candidates, self._listed, self._everything) if leads_back(each)), None)
        return without_unneeded(minimal_set(among, leads_back), leads_back) if among is not None else frozenset()


def _instead(candidates: Chosen, best: Chosen, leads: Callable[[Chosen], bool]) -> tuple[Chosen, ...]:
    """Return other sets that have the size of the best set and give the later outcome, if there are only a few
    candidates."""
    if len(candidates) > _FEW or len(best) > 2:
        return ()
    return tuple(each for each in _of_size(candidates, len(best)) if each != best and leads(each))


def satisfied_rules(network: Network, flow: Flow) -> frozenset[RulePlace]:
    """Return the places of the rules that the flow's packets satisfy."""
    return frozenset(
        (
            TableKey(each.netns, each.place.dialect, each.place.family, each.place.table),
            each.place.chain,
            each.place.number,
        )
        for each in deciders(network, flow).rules
    )


def is_on_way(edit: Edit, was: frozenset[RulePlace], now: frozenset[RulePlace]) -> bool:
    """Return whether a flow that satisfies the rules ``was`` of the earlier network and ``now`` of the later network
    meets the edit.  Only edits of rules, chains and policies are tested.  Every other edit that a packet can meet
    counts as met."""
    match edit:
        case NotWalked():
            return False
        case RulesTaken(rules=rules):
            return any(
                (each.was is not None and (each.table, each.chain, each.was + 1) in was)
                or (each.now is not None and (each.table, each.chain, each.now + 1) in now)
                for each in rules
            )
        case TableTaken(table=table, item="chain" | "policy", name=name):
            return any((each[0], each[1]) == (table, name) for each in (*was, *now))
        case _:
            return True


def _is_walked(difference: ListedDifference) -> bool:
    return not isinstance(difference.edit, NotWalked)


def read_parts(network: Network, flow: Flow) -> frozenset[Part]:
    """Return the parts of the network that the flow's walk reads."""
    _, parts = what_reads(network, lambda watched: walk_flow(watched, flow))
    return parts


def is_read(difference: ListedDifference, read: frozenset[Part]) -> bool:
    """Return whether a walk that read the given parts of the network may meet the difference."""
    if isinstance(difference.edit, HostTaken):
        return True
    host, space = difference.netns.host, difference.netns.name
    return any((host, space, field) in read for field in difference.fields) or not difference.fields


def minimal_set(candidates: Chosen, leads: Callable[[Chosen], bool]) -> Chosen:
    """Return a subset of the candidates that leads to the outcome.  The outcome needs all members of the subset.

    The caller has checked that all candidates together lead to the outcome."""

    def needed(fixed: Chosen, is_new: bool, among: list[int]) -> Chosen:
        if is_new and leads(fixed):
            return frozenset()
        if len(among) == 1:
            return frozenset(among)
        first, second = among[: len(among) // 2], among[len(among) // 2 :]
        late = needed(fixed | frozenset(first), True, second)
        early = needed(fixed | late, bool(late), first)
        return early | late

    return needed(frozenset(), False, sorted(candidates))


def without_unneeded(chosen: Chosen, leads: Callable[[Chosen], bool]) -> Chosen:
    """Return the set without the members that are not needed to lead to the outcome."""
    for number in sorted(chosen, reverse=True):
        fewer = chosen - {number}
        if fewer and leads(fewer):
            chosen = fewer
    return chosen


def _smaller(candidates: Chosen, minimal: Chosen) -> Iterator[Chosen]:
    """Yield sets that are smaller than the minimal set, the smallest sets first.

    The yielded sets have at most three members, and at most ``_TRIES`` sets are yielded."""
    sizes = range(1, min(len(minimal), 4))
    yield from _first((each for size in sizes for each in _of_size(candidates, size)), _TRIES)


def _of_size(candidates: Chosen, size: int) -> Iterator[Chosen]:
    yield from map(frozenset, combinations(sorted(candidates), size))


def _first(sets: Iterable[Chosen], count: int) -> Iterator[Chosen]:
    for number, each in enumerate(sets):
        if number >= count:
            return
        yield each


class DecidingClaim(msgspec.Struct, frozen=True):
    """The claim that the differences ``changes`` (by index) decide the flow.  ``before``: the flow's trace without
    these differences."""

    pair: FlowPair
    before: Trace
    changes: frozenset[int]


def confirmed_claims(
    claims: tuple[DecidingClaim, ...], mixer: Mixer, evidence: Evidence, kernel: Kernel
) -> frozenset[int]:
    """Return the indexes of the claims that the kernel confirms.  The kernel is not asked about a difference that no
    command can make on a host, such as a removed container."""
    network = mixer.sides.was
    if rule_count(network) > MANY_RULES:
        return frozenset()
    groups: dict[frozenset[int], list[int]] = {}
    for number, claim in enumerate(claims):
        if not claim.before.flow.asked_name and claim.changes:
            groups.setdefault(claim.changes, []).append(number)
    cases: list[tuple[list[int], Network, Case]] = []
    for changes, numbers in groups.items():
        mixed = mixer.network(changes)
        same = [n for n in numbers if asked_again(network, mixed, claims[n].pair.was) == claims[n].pair.was]
        try:
            change = difference(network, mixed)
        except ChangeError:
            continue
        if same and change.parts:
            flows = tuple(claims[number].before.flow for number in same)
            cases.append((same, mixed, Case(network, flows, (evidence,), change)))
    found: set[int] = set()
    outcomes = kernel.judge(tuple(case for _, _, case in cases)) if cases else ()
    for (numbers, mixed, case), outcome in zip(cases, outcomes, strict=True):
        if outcome.error is not None:
            continue
        for number, flow, without, with_them in zip(numbers, case.flows, outcome.before, outcome.after, strict=True):
            first = judged(network, claims[number].before, without, kernel.release)
            second = judged(mixed, walk_flow(mixed, flow), with_them, kernel.release)
            if {first.agreement.judge, second.agreement.judge} == {"replicated"}:
                found.add(number)
    return frozenset(found)
