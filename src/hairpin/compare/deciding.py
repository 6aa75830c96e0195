"""Which of the differences decide a flow: the smallest set with which the earlier network gives the later outcome.

A set is found by halving (QuickXplain), is checked to be minimal member by member, and gives way to a smaller one if
there is one.  Every answer is a walk through a network that has just these differences.

Source: Ulrich Junker, QUICKXPLAIN, AAAI 2004
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from hairpin.compare.edit import HostTaken, NotWalked
from hairpin.compare.listed_difference import ListedDifference
from hairpin.compare.mixing import Sides, with_edits
from hairpin.events.aftermath import asked_again
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.reads import Part, what_reads
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

Chosen = frozenset[int]
"""Differences by their index."""
_TRIES = 300
"""Sets that are tried for one flow once a minimal one is known: there may be a smaller one, or others of its size."""
_KEPT_NETWORKS = 64


class FlowPair(msgspec.Struct, frozen=True):
    """A flow as it is asked in the earlier and in the later network."""

    was: Flow
    now: Flow


class Decided(msgspec.Struct, frozen=True):
    """What decides a flow.

    ``changes``: the smallest set with which the earlier network gives the later outcome; empty: no set that was listed
    does.  ``instead``: other sets of that size that would do.  ``undoing``: the smallest set without which the later
    network gives the earlier outcome; mostly the same set."""

    changes: Chosen
    instead: tuple[Chosen, ...] = ()
    undoing: Chosen = frozenset()


class Mixer:
    """Networks with selections of the differences, of which the last ones are kept."""

    def __init__(self, sides: Sides, differences: Sequence[ListedDifference]) -> None:
        self.sides = sides
        self.differences = tuple(differences)
        self._known: dict[Chosen, Network] = {}

    def network(self, chosen: Chosen) -> Network:
        """Return the earlier network with these differences."""
        if not chosen:
            return self.sides.was
        if chosen not in self._known:
            while len(self._known) >= _KEPT_NETWORKS:
                del self._known[next(iter(self._known))]
            edits = (self.differences[number].edit for number in sorted(chosen))
            self._known[chosen] = with_edits(self.sides, edits)
        return self._known[chosen]

    def verdict(self, chosen: Chosen, flow: Flow) -> Verdict:
        """Return the verdict on the flow, as it is asked in the earlier network, with these differences."""
        network = self.network(chosen)
        return walked(network, asked_again(self.sides.was, network, flow)).verdict


class Search:
    """Finds what decides flows; sets that decided one flow are tried first for the next."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self._found: list[Chosen] = []

    def decided(self, pair: FlowPair, before: Trace, after: Trace) -> Decided:
        """Return what decides the flow, whose outcomes differ."""
        mixer = self._mixer
        everything = frozenset(number for number, each in enumerate(mixer.differences) if _is_walked(each))
        listed = frozenset(number for number in everything if mixer.differences[number].listed)

        def leads(chosen: Chosen) -> bool:
            return mixer.verdict(chosen, pair.was) == after.verdict

        def leads_back(chosen: Chosen) -> bool:
            return mixer.verdict(everything - chosen, pair.was) == before.verdict

        read = read_parts(mixer.sides.was, before.flow) | read_parts(mixer.sides.now, after.flow)
        met = frozenset(number for number in listed if is_read(mixer.differences[number], read))
        candidates = next((each for each in (met, listed, everything) if each and leads(each)), None)
        if candidates is None:
            return Decided(frozenset())
        changes, instead = self._smallest(candidates, leads)
        undoing = changes if leads_back(changes) else self._undoing(candidates, everything, leads_back)
        if changes not in self._found:
            self._found.append(changes)
        return Decided(changes, instead, undoing)

    def _smallest(self, candidates: Chosen, leads: Callable[[Chosen], bool]) -> tuple[Chosen, tuple[Chosen, ...]]:
        known = next((each for each in self._found if each <= candidates and leads(each)), None)
        found = known if known is not None else minimal_set(candidates, leads)
        minimal = without_unneeded(found, leads)
        smaller = next((each for each in _smaller(candidates, minimal) if leads(each)), None)
        best = without_unneeded(smaller, leads) if smaller is not None else minimal
        others = (each for each in _of_size(candidates, len(best)) if each != best and len(best) <= 2)
        return best, tuple(each for each in _first(others, _TRIES) if leads(each))

    def _undoing(self, candidates: Chosen, everything: Chosen, leads_back: Callable[[Chosen], bool]) -> Chosen:
        among = next((each for each in (candidates, everything) if leads_back(each)), None)
        return without_unneeded(minimal_set(among, leads_back), leads_back) if among is not None else frozenset()


def _is_walked(difference: ListedDifference) -> bool:
    return not isinstance(difference.edit, NotWalked)


def read_parts(network: Network, flow: Flow) -> frozenset[Part]:
    """Return the parts of the network that the flow's walk reads."""
    _, parts = what_reads(network, lambda watched: walk_flow(watched, flow))
    return parts


def is_read(difference: ListedDifference, read: frozenset[Part]) -> bool:
    """Return whether a walk that read these parts may meet the difference."""
    if isinstance(difference.edit, HostTaken):
        return True
    host, space = difference.netns.host, difference.netns.name
    return any((host, space, field) in read for field in difference.fields) or not difference.fields


def minimal_set(candidates: Chosen, leads: Callable[[Chosen], bool]) -> Chosen:
    """Return a set none of whose members can be left out, of candidates that together lead to the outcome."""

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
    """Return the set without the members that it does not need."""
    for number in sorted(chosen, reverse=True):
        fewer = chosen - {number}
        if fewer and leads(fewer):
            chosen = fewer
    return chosen


def _smaller(candidates: Chosen, minimal: Chosen) -> Iterator[Chosen]:
    """Yield the sets that are smaller, the smallest first, up to three members and a number of tries."""
    sizes = range(1, min(len(minimal), 4))
    yield from _first((each for size in sizes for each in _of_size(candidates, size)), _TRIES)


def _of_size(candidates: Chosen, size: int) -> Iterator[Chosen]:
    yield from map(frozenset, combinations(sorted(candidates), size))


def _first(sets: Iterable[Chosen], count: int) -> Iterator[Chosen]:
    for number, each in enumerate(sets):
        if number >= count:
            return
        yield each
