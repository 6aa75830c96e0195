"""Finds known texts that share rare words with a line that has no meaning.  hairpin offers such a text as a suggestion,
because the line may be a part of the known text, or the same text from another version of the program."""

from collections import Counter, defaultdict
from functools import cache
from math import log

import msgspec

from hairpin.words.catalogue import entries
from hairpin.words.meaning import TextMeaning
from hairpin.words.pattern import Variant, shown_text, variants

OFFERED = 3
"""The greatest number of known texts that are offered for one line."""
_READ = 2000
"""The number of characters of the line whose words are compared."""
_SHARED = 2
"""The least number of words that a near text shares with the line."""
_INFORMATION = 7.0
"""The least information that the shared words have together, in natural units.  A word that one of 200 entries has
counts 5.3."""
_PART = 0.6
"""A known text is near only if the line has at least this part of the information of the text's pattern.  Another text
is offered beside the nearest text only if it shares at least this part of the information that the nearest text
shares."""
_ENVELOPE = frozenset(("daemon", "docker", "error", "failed", "from", "response"))
"""Words that engines write around their messages.  These words say nothing about the message itself."""


class _Known(msgspec.Struct, frozen=True):
    """A pattern's words with their information, and its entry."""

    entry: TextMeaning
    words: frozenset[str]
    information: float


class _Words(msgspec.Struct, frozen=True):
    """The patterns by their words, and the information of each word: the logarithm of the share of entries with it."""

    known: dict[str, tuple[_Known, ...]]
    information: dict[str, float]


def nearest(text: str) -> tuple[TextMeaning, ...]:
    """Return the entries of faults whose patterns share the most information with the text, the nearest first; at most
    ``OFFERED``, and none if no entry is near."""
    table = _words()
    said = words_of(text[:_READ])
    shared: dict[str, tuple[float, TextMeaning]] = {}
    for known in dict.fromkeys(each for word in said for each in table.known.get(word, ())):
        common = known.words & said
        information = sum(table.information[word] for word in common)
        if len(common) < _SHARED or information < max(_INFORMATION, _PART * known.information):
            continue
        if information > shared.get(known.entry.id, (0.0,))[0]:
            shared[known.entry.id] = (information, known.entry)
    found = sorted(shared.values(), key=lambda each: (-each[0], each[1].id))
    return tuple(entry for information, entry in found[:OFFERED] if information >= _PART * found[0][0])


def shown_pattern(entry: TextMeaning) -> str:
    """Return the fixed words of the entry's first pattern, with one ellipsis for each part that varies."""
    return shown_text(entry.patterns[0])


def words_of(text: str) -> frozenset[str]:
    """Return the words of the text in ASCII, without numbers, single letters and an engine's envelope."""
    words = "".join(each if each.isascii() and each.isalnum() else " " for each in text.lower()).split()
    return frozenset(word for word in words if len(word) > 1 and word.isalpha()) - _ENVELOPE


@cache
def _words() -> _Words:
    faults = [entry for entry in entries() if entry.kind == "fault"]
    patterns = [(entry, each) for entry in faults for text in entry.patterns for each in variants(text)]
    having: defaultdict[str, set[str]] = defaultdict(set)
    for entry, each in patterns:
        for word in _words_in(each):
            having[word].add(entry.id)
    often = Counter({word: len(ids) for word, ids in having.items()})
    information = {word: log(len(faults) / count) for word, count in often.items()}
    known: defaultdict[str, list[_Known]] = defaultdict(list)
    for entry, each in patterns:
        words = _words_in(each)
        of_all = _Known(entry, words, sum(information[word] for word in words))
        for word in words:
            known[word].append(of_all)
    return _Words({word: tuple(found) for word, found in known.items()}, information)


def _words_in(variant: Variant) -> frozenset[str]:
    return words_of(" ".join(variant.words))
