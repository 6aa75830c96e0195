"""Pairs of faults whose repairs meet: they write one file, or change one chain. The scores of single repairs tell."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations, islice

from hairpin.lab.trial import say
from tests.score.random_faults import PAIRS, Draw, draws, kinds, together
from tests.score.random_score import score_random
from tests.score.repairing import RepairScore
from tests.score.score import LabScore, Score

_CHAIN = re.compile(r"\b(ip6?tables(?:-legacy)?)\b(?:.*? -t (\w+))?.*? -[AIDRPF] ([\w-]+)")
_NFT = re.compile(r"\bnft (?:add|insert|delete|replace|flush) (?:rule|chain) (\w+ \S+ \S+)")


def places_of_repair(repair: RepairScore) -> frozenset[str]:
    """Return the files that the repair writes, and the chains that its commands change."""
    chains = {
        f"{found[1]} {found[2] or 'filter'} {found[3]}"
        for command in repair.commands
        for found in _CHAIN.finditer(command)
    }
    tables = {found[1] for command in repair.commands for found in _NFT.finditer(command)}
    return frozenset({*repair.files, *chains, *tables})


def meeting(labs: Iterable[LabScore]) -> Iterator[Draw]:
    """Yield a lab for each pair of faults whose repairs touch the same thing; ``labs``: of the single faults."""
    things = {lab.name: frozenset[str]().union(*map(places_of_repair, lab.repairs)) for lab in labs if lab.repairs}
    faults = [kind for kind in kinds() if kind.name in things]
    for one, other in combinations(faults, 2):
        if things[one.name] & things[other.name] and (lab := together((one, other))):
            yield lab


def score_pairs(
    labs: Iterable[LabScore], further: int, seed: int, out: Callable[[str], object] = say, *, parallel: int = 1
) -> Score:
    """Score each pair whose repairs meet in the labs of single faults, and so many random pairs (``further``)."""
    pairs = chain(meeting(labs), islice(draws(seed, PAIRS), further))
    return score_random(pairs, seed, out, parallel=parallel)
