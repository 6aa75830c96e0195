"""What the words of a text point to: causes that no part of a supposed host shows.

A hint needs words of the text together, such as "TLS handshake" and "hangs".  It proves nothing: its cause is likely,
the line of the text speaks for it, and a command decides it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from hairpin.message import Message, verbatim

_MOST_CHARACTERS = 100_000
"""The part of a text in which words are looked for.  Posts are shorter; bundles have readings, not words."""
_LONGEST_QUOTE = 200


def words(pattern: str) -> re.Pattern[str]:
    """Return the pattern of a hint.  A space in it is any white space, since texts are wrapped anywhere."""
    spaced = pattern.replace(" ?", r"\s*").replace(" +", r"\s+").replace(" ", r"\s+")
    return re.compile(spaced, re.IGNORECASE | re.DOTALL | re.MULTILINE)


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """Words that point to a cause.

    ``says``: patterns that the text has, all of them.  ``unless``: a pattern that it does not have.  ``cause``: the id
    of the cause; empty if the catalogue has none.  ``weight``: how often the words mean this, beside the alternatives
    of the supposed parts.  ``command``: the command that decides it, in which ``{port}``, ``{protocol}`` and
    ``{container}`` stand for those of the question.  ``shows``: what its output then shows.  ``means``: why it is so.
    ``is_error``: whether the words state a failure by themselves."""

    says: tuple[re.Pattern[str], ...]
    weight: int
    command: str
    shows: Message
    means: Message
    cause: str = ""
    unless: re.Pattern[str] | None = None
    is_error: bool = False


ITS_TITLE = verbatim("")
"""What a hint means that says of its cause no more than the cause's own title."""


class Hinted(NamedTuple):
    """A hint that a text gives.  ``line``: the line of the text that speaks for it, from 1; 0 if none does alone.
    ``quote``: its words.  ``means``: may be :data:`ITS_TITLE`."""

    cause: str
    weight: int
    command: str
    shows: Message
    means: Message
    line: int
    quote: str


class Prose(NamedTuple):
    """The lines of a text that are no output: as one text, and their numbers and places in it."""

    text: str
    numbers: tuple[int, ...]
    starts: tuple[int, ...]

    def line_at(self, place: int) -> tuple[int, str]:
        """Return the number and the words of the line at a place in the text."""
        index = next((at for at, start in reversed(tuple(enumerate(self.starts))) if start <= place), 0)
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
    """Yield the hints of a table that the words give.  ``has_failure``: whether the text states that something does not
    work.  ``fill``: what stands for the places in the commands."""
    for hint in table:
        if not (has_failure or hint.is_error) or (hint.unless is not None and hint.unless.search(prose.text)):
            continue
        found = [each.search(prose.text) for each in hint.says]
        if not found or any(each is None for each in found):
            continue
        first = found[0]
        number, quote = prose.line_at(first.start()) if first is not None and prose.numbers else (0, "")
        command = hint.command
        for place, value in fill.items():
            command = command.replace(place, value)
        yield Hinted(hint.cause, hint.weight, command, hint.shows, hint.means, number, quote)
