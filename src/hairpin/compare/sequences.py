"""Finds the corresponding members of two sequences.

In short sequences, as few members as possible stay without a corresponding member.  In long sequences, more members may
stay without one, because the search has to take reasonable time: chains have up to 50,000 rules."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain
from operator import eq

from hairpin.change.difference import common_ends
from hairpin.compare.edit import Block

_EXACT = 250_000
"""The greatest product of the two lengths for which the longest common subsequence is computed.  The computation takes
as many steps as this product."""


def blocks(was: Sequence[Hashable], now: Sequence[Hashable]) -> tuple[Block, ...]:
    """Return the blocks of which both sequences consist, in order: blocks of equal members and blocks of other
    members."""
    head, tail = common_ends(was, now, eq)
    numbers: dict[Hashable, int] = {}
    one, other = (
        [numbers.setdefault(each, len(numbers)) for each in members[head : len(members) - tail]]
        for members in (was, now)
    )
    middle = _inner(one, other, head, head)
    first = ((number, number) for number in range(head))
    last = ((len(was) - number, len(now) - number) for number in range(tail, 0, -1))
    return tuple(_joined(chain(first, middle, last), len(was), len(now)))


def _joined(pairs: Iterable[tuple[int, int]], length_was: int, length_now: int) -> Iterator[Block]:
    """Yield the blocks that the pairs of corresponding indexes form.  The indexes ascend in both sequences."""
    first = start = 0
    at = to = 0
    for one, other in pairs:
        if (one, other) != (at, to):
            if first < at:
                yield Block(same=True, first=first, last=at, start=start, end=to)
            yield Block(same=False, first=at, last=one, start=to, end=other)
            first, start = one, other
        at, to = one + 1, other + 1
    if first < at:
        yield Block(same=True, first=first, last=at, start=start, end=to)
    if (at, to) != (length_was, length_now):
        yield Block(same=False, first=at, last=length_was, start=to, end=length_now)


def _pairs(was: list[int], now: list[int], first: int = 0, start: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the pairs of indexes of corresponding members, counted from ``first`` and from ``start``."""
    head, tail = common_ends(was, now, eq)
    yield from ((first + number, start + number) for number in range(head))
    inner_was, inner_now = was[head : len(was) - tail], now[head : len(now) - tail]
    yield from _inner(inner_was, inner_now, first + head, start + head)
    ends = first + len(was) - tail, start + len(now) - tail
    yield from ((ends[0] + number, ends[1] + number) for number in range(tail))


def _inner(was: list[int], now: list[int], first: int, start: int) -> Iterator[tuple[int, int]]:
    if not was or not now:
        return
    if len(was) * len(now) <= _EXACT:
        yield from ((first + one, start + other) for one, other in _longest(was, now))
        return
    anchors = _anchors(was, now)
    if not anchors:
        matcher = SequenceMatcher(None, was, now, autojunk=False)
        for block in matcher.get_matching_blocks():
            yield from ((first + block.a + number, start + block.b + number) for number in range(block.size))
        return
    at = to = 0
    for one, other in anchors:
        yield from _pairs(was[at:one], now[to:other], first + at, start + to)
        yield first + one, start + other
        at, to = one + 1, other + 1
    yield from _pairs(was[at:], now[to:], first + at, start + to)


def _longest(was: list[int], now: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the indexes of a longest common subsequence."""
    lengths = [[0] * (len(now) + 1) for _ in range(len(was) + 1)]
    for one in range(len(was) - 1, -1, -1):
        row, below, member = lengths[one], lengths[one + 1], was[one]
        for other in range(len(now) - 1, -1, -1):
            row[other] = below[other + 1] + 1 if member == now[other] else max(below[other], row[other + 1])
    one = other = 0
    while one < len(was) and other < len(now):
        if was[one] == now[other]:
            yield one, other
            one, other = one + 1, other + 1
        elif lengths[one + 1][other] >= lengths[one][other + 1]:
            one += 1
        else:
            other += 1


def _anchors(was: list[int], now: list[int]) -> list[tuple[int, int]]:
    """Return the longest common subsequence of the members that occur exactly once in each sequence (patience diff)."""
    once_was, once_now = ({each for each, count in Counter(one).items() if count == 1} for one in (was, now))
    places = {each: number for number, each in enumerate(now) if each in once_now}
    common = [(number, places[each]) for number, each in enumerate(was) if each in once_was and each in places]
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, other) in enumerate(common):
        at = bisect_left(tails, other)
        tails[at : at + 1] = [other]
        ends[at : at + 1] = [number]
        before.append(ends[at - 1] if at else -1)
    found: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(common[number])
        number = before[number]
    return found[::-1]
