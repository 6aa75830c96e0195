"""The sums: how much the features of a text speak for each cause of the tables."""

from collections.abc import Iterator
from typing import NamedTuple

from hairpin.suppose.hints.hint import ITS_TITLE, Hinted
from hairpin.suppose.leaning.between import BETWEEN
from hairpin.suppose.leaning.inbound import INBOUND
from hairpin.suppose.leaning.lean import Lean
from hairpin.suppose.leaning.outbound import OUTBOUND
from hairpin.suppose.leaning.services import SERVICES

LEANS: tuple[Lean, ...] = (*SERVICES, *INBOUND, *OUTBOUND, *BETWEEN)
_LEAST = 6
"""The points from which on a cause is worth being named."""
_HEAVIEST = 19
"""Words never weigh more than what a kernel says in the text."""
_MOVED = 5
_SURE = 24
"""The weight from which on a hint is something that the kernel or a firewall says in the text: it stays."""
_FEWEST = 5
"""The number of candidates that an answer has, however little the text says."""


class Leaning(NamedTuple):
    """The points of each cause that is in a table, and the causes that the text may mean, heaviest first."""

    points: dict[str, int]
    candidates: tuple[Hinted, ...]


def leaning_of(features: frozenset[str], fill: dict[str, str]) -> Leaning:
    """Return what the features of a text speak for.  ``fill``: what stands for the places in the commands."""
    scored = _rows_by_points(features)
    named = [(points, each) for points, each in scored if points >= _LEAST and _may_be(each, features)]
    moved = {
        each.cause: points if _may_be(each, features) else min(0, points)
        for points, each in reversed(scored)
        if each.cause
    }
    return Leaning(moved, tuple(_hint_of(points, each, fill) for points, each in named))


def weighed_hints(hints: tuple[Hinted, ...], leaning: Leaning) -> tuple[Hinted, ...]:
    """Return the hints and what the text leans to, the heaviest first, each cause once.  What speaks for the cause of a
    hint, or against it, moves its weight."""
    found: dict[str, Hinted] = {}
    for each in hints:
        moved = max(-_MOVED, min(_MOVED, leaning.points.get(each.cause, 0) - _LEAST)) if each.cause else 0
        found[each.cause or each.command] = each._replace(weight=each.weight + (moved if each.weight < _SURE else 0))
    for each in leaning.candidates:
        found.setdefault(each.cause or each.command, each)
    return tuple(sorted(found.values(), key=lambda each: -each.weight))


def usual_of(features: frozenset[str], fill: dict[str, str]) -> Iterator[Hinted]:
    """Yield the causes that a text that says so little may mean, the most frequent first."""
    for points, each in _rows_by_points(features)[:_FEWEST]:
        yield _hint_of(max(1, points), each, fill)


def _rows_by_points(features: frozenset[str]) -> list[tuple[int, Lean]]:
    """Return each row of the tables with its points, the one with most first."""
    return sorted(((points_of(each, features), each) for each in LEANS), key=lambda each: -each[0])


def _may_be(lean: Lean, features: frozenset[str]) -> bool:
    return not lean.needs or not features.isdisjoint(lean.needs)


def points_of(lean: Lean, features: frozenset[str]) -> int:
    """Return the points of a row: how often people have it, and what speaks for and against it."""
    speaking = sum(points for name, points in lean.pro.items() if name in features)
    return lean.often + speaking + sum(points for name, points in lean.con.items() if name in features)


def _hint_of(points: int, lean: Lean, fill: dict[str, str]) -> Hinted:
    command, shows = lean.command, lean.shows
    for place, value in fill.items():
        command = command.replace(place, value)
    shows = shows.filled(port=fill.get("{port}", "PORT"), name=fill.get("{container}", "CONTAINER"))
    return Hinted(lean.cause, min(points, _HEAVIEST), command, shows, lean.means or ITS_TITLE, 0, "")
