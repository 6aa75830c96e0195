"""Finds rules of an engine that stand in the wrong order among the rules of the same engine.

dockerd itself causes a wrong order: after a restart of firewalld, dockerd restores its jumps in another order than at
its own start.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from hairpin.engines.expected import ExpectedRule
from hairpin.engines.found import of_dialect
from hairpin.engines.missing import Missing
from hairpin.host.host import Namespace
from hairpin.netfilter.meaning import meaning


def out_of_order(lost: Missing, namespace: Namespace) -> tuple[ExpectedRule, ...]:
    """Return the smallest set of rules that have to be moved so that all present rules are in the engine's order.

    A rule that its chain has twice is not moved.  No rule of dockerd's nftables back end is moved, because this back
    end rewrites its chains as a whole."""
    return () if lost.dialect == "nft" else tuple(_out_of_order(lost, namespace))


def _out_of_order(lost: Missing, namespace: Namespace) -> Iterator[ExpectedRule]:
    where = of_dialect(lost.dialect, namespace)
    wanted: dict[tuple[str, str, str], list[ExpectedRule]] = {}
    for one in lost.wanted.rules:
        wanted.setdefault((one.family, one.table, one.chain), []).append(one)
    places = where.places(lost.wanted.rules)
    for (family, table, name), rules in wanted.items():
        known = places.get((family, table, name), {})
        there = [(known[what], one) for one in rules if (what := meaning(one.rule)) in known]
        left = _behind([place for place, _ in there])
        if not left:
            continue
        chain = where.chain("ip" if family == "ip" else "ip6", table, name)
        counts = Counter(map(meaning, chain.rules if chain is not None else ()))
        yield from (there[number][1] for number in left if counts[meaning(there[number][1].rule)] == 1)


def _behind(places: Sequence[int]) -> tuple[int, ...]:
    """Return the indexes of the numbers that do not belong to a longest increasing subsequence."""
    ends: list[int] = []
    """For each length, the index at which the best increasing subsequence of this length ends; ``lowest`` has the
    number at this index."""
    lowest: list[int] = []
    before: list[int | None] = []
    for number, place in enumerate(places):
        length = bisect_right(lowest, place)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1], lowest[length : length + 1] = [number], [place]
    rising = set[int]()
    at = ends[-1] if ends else None
    while at is not None:
        rising.add(at)
        at = before[at]
    return tuple(number for number in range(len(places)) if number not in rising)
