"""Expectations: what must, and what must not, be reached, by whom, and over which events."""

from typing import Literal

import msgspec

from hairpin.expect.settings import Alert, GuardSettings
from hairpin.network.world import World
from hairpin.question.reach import Reach

OnBreak = Literal["observe", "alert", "heal"]
"""What a guard does when an expectation breaks: it says so, it alerts, or it alerts and repairs."""


class Expectation(msgspec.Struct, frozen=True):
    """One expectation.  ``what``, ``origin``: as a person wrote them.  ``survives``: the ids of the events after which
    it must still hold, ``ID`` or ``ID:NAME``.  ``on_break``: what a guard does when it breaks."""

    must: bool
    what: str
    origin: str
    reach: Reach
    survives: tuple[str, ...] = ()
    on_break: OnBreak = "observe"

    @property
    def key(self) -> tuple[bool, str, str]:
        """What makes two expectations about the same thing."""
        return self.must, self.what, self.origin


class HealRules(msgspec.Struct, frozen=True):
    """The limits of what a guard repairs.  ``never``: the words that no heal may touch (``guard/heal/allowed.py``).
    ``most_per_hour``: the most heals of one element that one culprit breaks."""

    never: tuple[str, ...] = ()
    most_per_hour: int = 3


class Expectations(msgspec.Struct, frozen=True):
    """The expectations of one file, the world outside that the file states, and the limits of repairs.  ``alerts``,
    ``guard``: whom a guard tells, and what it keeps."""

    each: tuple[Expectation, ...]
    world: World = World()
    heal: HealRules = HealRules()
    alerts: tuple[Alert, ...] = ()
    guard: GuardSettings = GuardSettings()
