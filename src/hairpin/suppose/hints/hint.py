"""Hints that a text contains: its words point to a cause which no part of a supposed host shows.

``hairpin.words.hints`` has the rows of words.  A hint proves nothing: its cause is only likely.  The answer shows the
line of the text, and a command that decides.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hairpin.message import Message
from hairpin.words.hints import OF_CAUSE, Hint

_MOST_CHARACTERS = 100_000
"""Words are searched only in this number of characters of a text.  Posts are shorter; bundles have readings instead of
words."""
_LONGEST_QUOTE = 200


class Hinted(NamedTuple):
    """A hint that a text contains.  ``line``: the number of the line that speaks for the hint, from 1; 0 if no single
    line does.  ``quote``: the words of this line.  ``command`` and ``shows``: as in :class:`Hint`."""

    cause: str
    weight: int
    means: Message
    line: int = 0
    quote: str = ""
    command: str = ""
    shows: Message = OF_CAUSE


class Prose(NamedTuple):
    """The lines of a text that belong to no output, joined to one text, with their line numbers and their positions in
    this text."""

    text: str
    numbers: tuple[int, ...]
    starts: tuple[int, ...]

    def line_at(self, place: int) -> tuple[int, str]:
        """Return the number and the words of the line at a position in the text."""
        index = max(0, bisect_right(self.starts, place) - 1)
        line = self.text[self.starts[index] :].partition("\n")[0]
        return self.numbers[index], line[:_LONGEST_QUOTE]


def prose_of(lines: Iterable[tuple[int, str]]) -> Prose:
    """Return the lines, with their numbers, as prose."""
    numbers: list[int] = []
    starts: list[int] = []
    kept: list[str] = []
    size = 0
    for number, line in lines:
        if size > _MOST_CHARACTERS:
            break
        numbers.append(number)
        starts.append(size)
        kept.append(line)
        size += len(line) + 1
    return Prose("\n".join(kept), tuple(numbers), tuple(starts))


def hints_in(prose: Prose, table: Sequence[Hint], *, has_failure: bool, fill: dict[str, str]) -> Iterator[Hinted]:
    """Yield the hints of a table whose words the text contains.  ``has_failure``: whether the text states that
    something does not work.  ``fill``: the values that replace the placeholders in the commands."""
    for hint in table:
        if not hint.says or not (has_failure or hint.is_error):
            continue
        first = hint.says[0].search(prose.text)
        if first is None or not all(each.search(prose.text) for each in hint.says[1:]):
            continue
        if hint.unless is not None and hint.unless.search(prose.text):
            continue
        number, quote = prose.line_at(first.start()) if prose.numbers else (0, "")
        command = hint.command
        for place, value in fill.items():
            command = command.replace(place, value)
        yield Hinted(hint.cause, hint.weight, hint.means, number, quote, command, hint.shows)
