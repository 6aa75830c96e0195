"""Finds the meaning of an engine's error about a start.

The error is stored for a container, or is a line in the engine's log."""

from functools import cache

from hairpin.texts.container_starts import CONTAINER_STARTS
from hairpin.texts.engine_starts import ENGINE_STARTS
from hairpin.texts.index import EntryHit, TextIndex, index_of
from hairpin.texts.meaning import TextEntry
from hairpin.texts.network_starts import NETWORK_STARTS

_STARTS: tuple[TextEntry, ...] = (*ENGINE_STARTS, *NETWORK_STARTS, *CONTAINER_STARTS)


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
    return index_of((each for each in _STARTS if each.failure is not None), wider=False)


@cache
def _causes() -> TextIndex[TextEntry]:
    return index_of((each for each in _STARTS if each.kept_by), wider=False)
