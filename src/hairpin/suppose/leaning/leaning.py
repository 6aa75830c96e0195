"""The sums: how much the features of a text speak for each cause of the tables."""

from collections.abc import Iterator
from typing import NamedTuple

from hairpin.suppose.hints.hint import Hinted
from hairpin.words.leans import Lean, leans

_LEAST = 6
"""A cause is named only if it has at least this number of points."""
_HEAVIEST = 19
"""The greatest weight from words: words never weigh more than a line of the kernel in the text."""
_MOVED = 5
_SURE = 24
"""A hint with at least this weight comes from a line of the kernel or of a firewall, so its weight is not changed."""
_FEWEST = 5
"""The least number of candidates in an answer, even if the text says little."""


class Leaning(NamedTuple):
    """The points of each cause that is in a table, and the causes that the text may mean, heaviest first."""

    points: dict[str, int]
    candidates: tuple[Hinted, ...]


def leaning_of(features: frozenset[str], fill: dict[str, str]) -> Leaning:
    """Return the points that the features of a text give.  ``fill``: the values that replace the placeholders in the
    commands."""
    scored = _rows_by_points(features)
    named = [(points, each) for points, each in scored if points >= _LEAST and _may_be(each, features)]
    moved = {
        each.cause: points if _may_be(each, features) else min(0, points)
        for points, each in reversed(scored)
        if each.cause
    }
    return Leaning(moved, tuple(_hint_of(points, each, fill) for points, each in named))


def weighed_hints(hints: tuple[Hinted, ...], leaning: Leaning) -> tuple[Hinted, ...]:
    """Return the hints and the causes with points, the heaviest first, each cause once.  Points for or against the
    cause of a hint change the hint's weight."""
    found: dict[str, Hinted] = {}
    for each in hints:
        moved = max(-_MOVED, min(_MOVED, leaning.points.get(each.cause, 0) - _LEAST)) if each.cause else 0
        found[each.cause or each.command] = each._replace(weight=each.weight + (moved if each.weight < _SURE else 0))
    said = [each.means for each in hints if not each.cause]
    for each in leaning.candidates:
        if each.cause or each.means not in said:
            found.setdefault(each.cause or each.command, each)
    return tuple(sorted(found.values(), key=lambda each: -each.weight))


def usual_of(features: frozenset[str], fill: dict[str, str]) -> Iterator[Hinted]:
    """Yield the causes that a text may mean if it says little, the most frequent first."""
    for points, each in _rows_by_points(features)[:_FEWEST]:
        yield _hint_of(max(1, points), each, fill)


def _rows_by_points(features: frozenset[str]) -> list[tuple[int, Lean]]:
    """Return each row of the tables with its points; the row with the most points comes first."""
    return sorted(((points_of(each, features), each) for each in leans()), key=lambda each: -each[0])


def _may_be(lean: Lean, features: frozenset[str]) -> bool:
    return not lean.needs or not features.isdisjoint(lean.needs)


def points_of(lean: Lean, features: frozenset[str]) -> int:
    """Return the points of a row: how often people have its cause, plus the points for it, minus the points against
    it."""
    return lean.often + sum(points for name, points in lean.points.items() if name in features)


def _hint_of(points: int, lean: Lean, fill: dict[str, str]) -> Hinted:
    command = lean.command
    for place, value in fill.items():
        command = command.replace(place, value)
    return Hinted(lean.cause, min(points, _HEAVIEST), lean.means, 0, "", command, lean.shows)
