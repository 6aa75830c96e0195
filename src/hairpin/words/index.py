"""Finds the entry of a catalogue that matches a line.  The line is first split into words.  Only patterns whose trigger
is one of these words are tried, so a line that no pattern matches takes only two or three microseconds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from hairpin.words.meaning import TextEntry
from hairpin.words.pattern import Variant, expression_of, sought, variants

_SEPARATE = bytes(each if chr(each).isalnum() and each < 128 else 32 for each in range(256))
_Entry = TypeVar("_Entry", bound=TextEntry)


class EntryHit(msgspec.Struct, Generic[_Entry], frozen=True):
    """An entry, and the part of the text that the entry matches.  ``places``: the values of the pattern's places, by
    the places' names."""

    entry: _Entry
    text: str
    span: tuple[int, int]
    places: tuple[tuple[str, str], ...]

    @property
    def matched(self) -> str:
        """The part of the text that the pattern describes."""
        return self.text[slice(*self.span)]

    @property
    def subject(self) -> str:
        """The subject of the text; empty if the entry names no subject."""
        return self.entry.subject.format_map(defaultdict(str, self.places))


class Trial(msgspec.Struct, Generic[_Entry], frozen=True):
    """A variant of an entry's pattern.  ``words``: the words that every matching line contains.  ``place``: the place
    of the variant in the catalogue."""

    entry: _Entry
    variant: Variant
    words: frozenset[bytes]
    place: int

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The rank of the trial.  The trial that says most about a text has the highest rank; of two that say equally
        much, the earlier one."""
        return (not self.entry.general, self.variant.weight, -self.place)


class TextIndex(msgspec.Struct, Generic[_Entry], frozen=True):
    """The patterns, by their triggers.  ``scripts``: the patterns whose trigger is no word in ASCII."""

    words: dict[bytes, tuple[Trial[_Entry], ...]]
    triggers: frozenset[bytes]
    scripts: tuple[Trial[_Entry], ...]

    def trials(self, line: bytes) -> list[Trial[_Entry]]:
        """Return the trials whose words are all in the line."""
        words = frozenset(line.lower().translate(_SEPARATE).split())
        return [each for word in self.triggers & words for each in self.words[word] if each.words <= words]

    def find(self, text: str) -> EntryHit[_Entry] | None:
        """Return the entry whose pattern says most about the text, or None.  Only patterns with an ASCII trigger are
        tried."""
        return best(text, self.trials(text.encode()))


def index_of(entries: Iterable[_Entry], *, wider: bool) -> TextIndex[_Entry]:
    """Return the index of the entries.  ``wider``: whether the index also contains the entries' wider patterns."""
    every = (
        (entry, each)
        for entry in entries
        for text in (*entry.patterns, *(entry.wider if wider else ()))
        for each in variants(text)
    )
    trials = [
        Trial(entry, each, frozenset(word.encode() for word in each.words), place)
        for place, (entry, each) in enumerate(every)
    ]
    often = Counter(word for each in trials for word in each.words)
    words: dict[bytes, list[Trial[_Entry]]] = {}
    for each in trials:
        if each.words:
            trigger = min(each.words, key=lambda word: (word.isdigit(), len(word) < 5, often[word], -len(word), word))
            words.setdefault(trigger, []).append(each)
    found = {word: tuple(found) for word, found in words.items()}
    return TextIndex(found, frozenset(found), tuple(each for each in trials if not each.words))


def best(text: str, trials: Iterable[Trial[_Entry]]) -> EntryHit[_Entry] | None:
    """Return the hit of the matching trial with the highest rank, or None."""
    for each in sorted(trials, key=lambda each: each.rank, reverse=True):
        found = expression_of(each.variant.text).search(text)
        if found is not None and (not each.entry.unless or sought(each.entry.unless).search(text) is None):
            places = tuple((name.rpartition("_")[0], value) for name, value in found.groupdict().items())
            return EntryHit(each.entry, text, found.span(), places)
    return None
