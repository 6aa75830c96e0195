"""Pairs of faults whose repairs meet: they write one file, or change one chain. The scores of single repairs tell."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations, islice

from hairpin.lab.random_faults import PAIRS, Draw, draws, kinds, together
from hairpin.lab.random_score import RandomReport, random_score
from hairpin.lab.repairing import RepairScore
from hairpin.lab.say import say

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


def meeting(repairs: Iterable[RepairScore]) -> Iterator[Draw]:
    """Yield a lab for each pair of faults whose repairs touch the same thing."""
    things: dict[str, frozenset[str]] = {}
    for repair in repairs:
        things[repair.scenario] = things.get(repair.scenario, frozenset()) | places_of_repair(repair)
    faults = [kind for kind in kinds() if kind.name in things]
    for one, other in combinations(faults, 2):
        if things[one.name] & things[other.name] and (lab := together((one, other))):
            yield lab


def score_pairs(
    repairs: Iterable[RepairScore], further: int, seed: int, out: Callable[[str], object] = say, *, parallel: int = 1
) -> RandomReport:
    """Score each pair whose repairs meet, and as many random pairs as ``further`` says."""
    pairs = chain(meeting(repairs), islice(draws(seed, PAIRS), further))
    return random_score(pairs, seed, out, parallel=parallel)
