"""Finds the entry of the catalogue that a line means.

A line is split into words first.  Only the patterns whose trigger is among them are tried, so a line that means nothing
costs two or three microseconds.
"""

import re
from collections import Counter
from functools import cache

import msgspec

from hairpin.explain.catalogue import ENTRIES
from hairpin.explain.codes import outcome_of
from hairpin.explain.line import decode
from hairpin.explain.meaning import TextMeaning
from hairpin.explain.pattern import Variant, expression_of, variants

_SEPARATE = bytes(each if chr(each).isalnum() and each < 128 else 32 for each in range(256))
_SCRIPT = re.compile(r"[^\x00-\x7f]")


class TextHit(msgspec.Struct, frozen=True):
    """An entry and the part of the line that it matches; ``places``: what its places stand for, by their names."""

    entry: TextMeaning
    text: str
    span: tuple[int, int]
    places: tuple[tuple[str, str], ...]

    @property
    def matched(self) -> str:
        """The part of the line that the pattern describes."""
        return self.text[slice(*self.span)]


class _Trial(msgspec.Struct, frozen=True):
    """A variant of an entry's pattern.  ``words``: all have to stand in a line that it matches."""

    entry: TextMeaning
    variant: Variant
    words: frozenset[bytes]

    @property
    def rank(self) -> tuple[bool, int]:
        return (not self.entry.general, self.variant.weight)


class _Index(msgspec.Struct, frozen=True):
    """The patterns by their triggers."""

    words: dict[bytes, tuple[_Trial, ...]]
    triggers: frozenset[bytes]
    scripts: tuple[_Trial, ...]


@cache
def _index() -> _Index:
    trials = [
        _Trial(entry, each, frozenset(word.encode() for word in each.words))
        for entry in ENTRIES
        for text in entry.patterns
        for each in variants(text)
    ]
    often = Counter(word for each in trials for word in each.words)
    words: dict[bytes, list[_Trial]] = {}
    for each in trials:
        if each.words:
            trigger = min(each.words, key=lambda word: (word.isdigit(), len(word) < 5, often[word], -len(word), word))
            words.setdefault(trigger, []).append(each)
    found = {word: tuple(found) for word, found in words.items()}
    return _Index(found, frozenset(found), tuple(each for each in trials if not each.words))


def find_meaning(line: bytes) -> TextHit | None:
    """Return the entry that says most about the line, or None.  ``line``: as ``line.readable`` returns it."""
    index = _index()
    words = frozenset(line.lower().translate(_SEPARATE).split())
    triggers = index.triggers & words
    trials = [each for word in triggers for each in index.words[word] if each.words <= words]
    if line.isascii():
        return _best(decode(line), trials) if trials else None
    for text in _readings(line):
        found = _best(text, [*trials, *(each for each in index.scripts if each.variant.script in text.lower())])
        if found is not None:
            return found
    return None


def _readings(line: bytes) -> tuple[str, ...]:
    """Return the line as text; as Chinese too, if it is no UTF-8."""
    text = decode(line)
    try:
        return (text,) if _SCRIPT.search(text) is None or text.encode() == line else (text, line.decode("gb18030"))
    except UnicodeDecodeError:
        return (text,)


def _best(text: str, trials: list[_Trial]) -> TextHit | None:
    for each in sorted(trials, key=lambda each: each.rank, reverse=True):
        found = expression_of(each.variant.text).search(text)
        if found is not None:
            places = tuple((name.rpartition("_")[0], value) for name, value in found.groupdict().items())
            return TextHit(_by_code(each.entry, text), text, found.span(), places)
    return None


def _by_code(entry: TextMeaning, text: str) -> TextMeaning:
    """Return the entry, or that of the same programs whose outcome the codes and durations in the text tell."""
    told = outcome_of(text) if entry.outcome else None
    return entry if told in (None, entry.outcome) else _by_outcome().get((_family(entry), told), entry)


@cache
def _by_outcome() -> dict[tuple[str, str], TextMeaning]:
    return {(_family(each), each.outcome): each for each in ENTRIES if each.outcome}


def _family(entry: TextMeaning) -> str:
    """Return which programs print the texts of the entry: ``client`` or ``library``."""
    return entry.id.partition("-")[0]
