"""The meaning of an engine's error about a failed start.  The error is stored for a container, or is a line in the
engine's log.
"""

from functools import cache

from hairpin.words.catalogue import starts
from hairpin.words.index import EntryHit, TextIndex, index_of
from hairpin.words.meaning import TextEntry


def failure_told(error: str) -> EntryHit[TextEntry] | None:
    """Return the meaning of a container's stored error, or None."""
    return _failures().find(error)


def cause_told(text: str) -> tuple[str, str]:
    """Return the id of the cause that the words mean, and the subject of the words.

    Id and subject are empty if no cause is known."""
    found = _causes().find(text)
    return (found.entry.kept_by, found.subject) if found is not None else ("", "")


@cache
def _failures() -> TextIndex[TextEntry]:
    return index_of((each for each in starts() if each.failure is not None), wider=False)


@cache
def _causes() -> TextIndex[TextEntry]:
    return index_of((each for each in starts() if each.kept_by), wider=False)
