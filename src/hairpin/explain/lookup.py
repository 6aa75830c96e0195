"""Finds the entry of the catalogue that a line means."""

import re
from functools import cache

import msgspec

from hairpin.explain.catalogue import ENTRIES
from hairpin.explain.codes import outcome_of
from hairpin.explain.line import decode
from hairpin.texts.index import EntryHit, TextIndex, Trial, best, index_of
from hairpin.texts.meaning import TextMeaning

TextHit = EntryHit[TextMeaning]
_SCRIPT = re.compile(r"[^\x00-\x7f]")


@cache
def _index() -> TextIndex[TextMeaning]:
    return index_of(ENTRIES, wider=True)


def find_meaning(line: bytes) -> TextHit | None:
    """Return the entry that says most about the line, or None.  ``line``: as ``line.readable`` returns it."""
    index = _index()
    trials = index.trials(line)
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


def _best(text: str, trials: list[Trial[TextMeaning]]) -> TextHit | None:
    found = best(text, trials)
    return msgspec.structs.replace(found, entry=_by_code(found.entry, text)) if found is not None else None


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
