"""Hints: words of people that point to a cause, made of the rows of ``hints/``.

A row ``hint CAUSE WEIGHT`` has the patterns that must all match a text (``says``), and one that must not (``unless``).
``is-error``: the words alone state a failure.  Without a cause the row's name begins with ``-``.

A hint needs several words together that people seldom write about another fault.  The weights are relative to those of
the alternatives (``suppose/alternatives.py``, 1 to 6).  A weight of 8 means one idea among others.  A weight of 18
means that such words nearly always mean this cause.
"""

from functools import cache

import msgspec

from hairpin.message import Message, sentence, verbatim
from hairpin.sought import Sought
from hairpin.words.pattern import sought
from hairpin.words.rows import WordRow, rows_of

FILES = ("changes", "firewalls", "networks", "clients")
"""The files of ``hints/``.  Of two rows with the same weight, the earlier one counts."""
OF_CAUSE = verbatim("")
"""The ``shows`` or ``means`` of a row that has no words of its own.  Such an output is that of ``Cause.shown_by``, and
such an explanation is the cause's title."""
_NO_CAUSE = "-"


class Hint(msgspec.Struct, frozen=True):
    """Words that point to a cause.

    ``says``: patterns that must all match the text.  ``unless``: a pattern that must not match it.  ``cause``: the id
    of the cause; empty if the catalogue has no such cause.  ``weight``: how often the words mean this cause, compared
    with the alternatives of the supposed parts.  ``means``: the explanation.  ``is_error``: whether the words alone
    state a failure.

    ``command`` and ``shows`` are set only if the catalogue has no such cause, or if the words are about something more
    specific than the cause.  ``command``: the command that decides; empty if the cause's own command does.  The
    question's port, protocol and container replace ``{port}``, ``{protocol}`` and ``{container}``.  ``shows``: the
    command's output if the cause is true."""

    cause: str
    weight: int
    says: tuple[Sought, ...]
    unless: Sought | None = None
    means: Message = OF_CAUSE
    command: str = ""
    shows: Message = OF_CAUSE
    is_error: bool = False


@cache
def hints() -> tuple[Hint, ...]:
    """Return all hints."""
    return tuple(_hint(row) for file in FILES for row in rows_of(f"hints/{file}.words"))


def _hint(row: WordRow) -> Hint:
    cause, weight = cause_and_number(row)
    unless = row.one("unless")
    return Hint(
        cause,
        weight,
        tuple(map(sought, row.all_of("says"))),
        sought(unless) if unless else None,
        words_or_cause(row, "means"),
        row.one("command"),
        words_or_cause(row, "shows"),
        row.has("is-error"),
    )


def cause_and_number(row: WordRow) -> tuple[str, int]:
    """Return the cause in the row's name, which may be empty, and the number."""
    cause, number = row.name.split(" ")
    return "" if cause == _NO_CAUSE else cause, int(number)


def words_or_cause(row: WordRow, key: str) -> Message:
    """Return the row's sentence, or that of a row ``sentence`` whose name it is; ``OF_CAUSE`` if the row has none."""
    said = row.one(key)
    if said.startswith("{"):
        return said_by_name(said.strip("{}"))
    return sentence(said) if said else OF_CAUSE


def said_by_name(name: str) -> Message:
    """Return the sentence of the row ``sentence NAME`` in ``phrases.words``."""
    row = next(each for each in rows_of("phrases.words") if (each.kind, each.name) == ("sentence", name))
    return sentence(row.one("said"))
