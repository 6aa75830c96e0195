"""Random choices with habits: each case draws its own preferences for every place of the generator that chooses.

A case with a little of everything seldom has much of any two things together. A case that leaves many out and
repeats some has ("Swarm Testing", Groce and others, ISSTA 2012). Such cases find disagreements several times as
often.
"""

import inspect
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from tests.fidelity.generate.plan import Dice

T = TypeVar("T")
Place = tuple[str, int, float]
"""File and line of the caller, and its question: the probability, or the number of choices."""

_STRENGTHS = (0.2, 0.5, 0.5, 0.8)
"""The share of places with a habit, by case."""
_HABITS = ((4.0, 0.0, 0.9), (1.0, 0.7, 1.0), (0.3, 0.0, 1.0), (0.0, 0.0, 0.0))
"""(factor, at least, at most) of a probability."""
_HABIT_HOLDS = 0.8
"""How often a favourite is picked where there are some."""


class SwarmDice(Dice):
    """Random choices with a seed and with habits."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._strength = random.choice(_STRENGTHS)
        self._habits = Random(random.random())  # noqa: S311
        self._chances: dict[Place, float] = {}
        self._favourites: dict[Place, tuple[int, ...]] = {}

    def chance(self, probability: float) -> bool:
        """Return True with that probability over many cases; within one case each place has its own."""
        place = (*_caller(), probability)
        if place not in self._chances:
            liked = self._habits.random() < self._strength
            factor, least, most = self._habits.choice(_HABITS) if liked else (1.0, 0.0, 1.0)
            self._chances[place] = min(most, max(least, factor * probability))
        return super().chance(self._chances[place])

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of them; if the place has favourites (up to three), more often one of these."""
        place = (*_caller(), float(len(choices)))
        if place not in self._favourites:
            liked = len(choices) > 2 and self._habits.random() < self._strength / 2
            count = self._habits.choice((1, 2, 2, 3)) if liked else 0
            self._favourites[place] = tuple(self._habits.randrange(len(choices)) for _ in range(count))
        favourites = self._favourites[place]
        if favourites and super().chance(_HABIT_HOLDS):
            return choices[super().pick(favourites)]
        return super().pick(choices)


def _caller() -> tuple[str, int]:
    """Return the file and the line of the caller."""
    here = inspect.currentframe()
    frame = here.f_back.f_back if here is not None and here.f_back is not None else None
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)
