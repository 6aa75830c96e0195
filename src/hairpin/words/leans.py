"""The features of a text, and the points that they give for and against each frequent cause.

A row ``feature NAME`` has its pattern.  A row ``lean CAUSE OFTEN`` says how often people have the cause, and which
features speak for it and against it.  Each number is positive, so no feature that speaks for a cause can lower it.
"""

from functools import cache

import msgspec

from hairpin.message import Message
from hairpin.sought import Sought
from hairpin.words.hints import cause_and_number, words_or_cause
from hairpin.words.pattern import sought
from hairpin.words.rows import WordRow, rows_of


class Lean(msgspec.Struct, frozen=True):
    """The points for a cause and against it.

    ``cause``: the id of the cause; empty if the catalogue has no such cause.  ``often``: how often people have this
    cause, from 0 to 4.  ``points``: the points of each feature that the text may have.  ``needs``: the text must
    have one of these features; if ``needs`` is empty, any text may mean the cause.

    Only a row without a cause has the other fields.  ``command``: the read-only command that decides.  ``shows``: the
    command's output if the explanation ``means`` is true."""

    cause: str
    often: int
    points: dict[str, int]
    needs: frozenset[str]
    command: str
    shows: Message
    means: Message


@cache
def leans() -> tuple[Lean, ...]:
    """Return the rows of points."""
    return tuple(map(_lean, rows_of("leans.words")))


def _lean(row: WordRow) -> Lean:
    cause, often = cause_and_number(row)
    points = {name: number for key, sign in (("for", 1), ("against", -1)) for name, number in _points(row, key, sign)}
    shows, means = words_or_cause(row, "shows"), words_or_cause(row, "means")
    return Lean(cause, often, points, frozenset(row.listed("needs")), row.one("command"), shows, means)


def _points(row: WordRow, key: str, sign: int) -> list[tuple[str, int]]:
    pairs = (each.rsplit(" ", 1) for each in row.listed(key))
    return [(name, sign * int(number)) for name, number in pairs]


@cache
def features() -> dict[str, Sought]:
    """Return the patterns of the features, by their names."""
    return {row.name: sought(row.one("is")) for row in rows_of("features.words")}
