"""Counts how often a guard heals one element that one culprit breaks: more than so many heals an hour are a fight.

A process has another number each time, so a culprit is known by its name and its unit.  Heals that failed count, too.
"""

import time
from collections.abc import Iterable

from hairpin.guard.change import Culprit

HOUR_S = 3600.0
NOBODY = Culprit(0, "")
"""Stands for a culprit that is not known."""


def culprit_word(culprit: Culprit) -> str:
    """Return the word by which a culprit is known from one heal to the next: its name and its unit."""
    return f"{culprit.name}@{culprit.unit}" if culprit.unit else culprit.name


class Attempts:
    """The heals of the last hour: the culprit's word, the element, and when, in seconds since the epoch."""

    def __init__(self, most: int, known: Iterable[tuple[str, str, float]] = ()) -> None:
        self._most = most
        self._each = list(known)

    def add(self, culprits: tuple[Culprit, ...], elements: Iterable[str], now_s: float | None = None) -> None:
        """Count a heal."""
        now = now_s or time.time()
        words = [culprit_word(each) for each in culprits or (NOBODY,)]
        self._each = [each for each in self._each if now - each[2] < HOUR_S]
        self._each += [(word, element, now) for word in words for element in elements]

    def fighters(
        self, culprits: tuple[Culprit, ...], elements: Iterable[str], now_s: float | None = None
    ) -> tuple[Culprit, ...]:
        """Return the culprits against which no further heal of these elements is made."""
        now, wanted = now_s or time.time(), frozenset(elements)
        return tuple(
            each
            for each in culprits or (NOBODY,)
            if any(self._count(culprit_word(each), element, now) >= self._most for element in wanted)
        )

    def _count(self, word: str, element: str, now: float) -> int:
        return sum((word, element) == each[:2] and now - each[2] < HOUR_S for each in self._each)
