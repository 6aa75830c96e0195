"""What an engine's own words about a start mean: the error that it stored of a container, or a line of its log."""

from functools import cache

from hairpin.texts.container_starts import CONTAINER_STARTS
from hairpin.texts.engine_starts import ENGINE_STARTS
from hairpin.texts.index import EntryHit, TextIndex, index_of
from hairpin.texts.meaning import TextEntry

_STARTS: tuple[TextEntry, ...] = (*ENGINE_STARTS, *CONTAINER_STARTS)


def failure_told(error: str) -> EntryHit[TextEntry] | None:
    """Return what a container's stored error means, or None."""
    return _failures().find(error)


def cause_told(text: str) -> tuple[str, str]:
    """Return the id of the cause that the words mean, and what they name; both empty: none is known."""
    found = _causes().find(text)
    return (found.entry.kept_by, found.subject) if found is not None else ("", "")


@cache
def _failures() -> TextIndex[TextEntry]:
    return index_of((each for each in _STARTS if each.failure is not None), wider=False)


@cache
def _causes() -> TextIndex[TextEntry]:
    return index_of((each for each in _STARTS if each.kept_by), wider=False)
