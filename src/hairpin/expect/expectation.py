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


class Expectations(msgspec.Struct, frozen=True):
    """The expectations of one file, and the world outside that the file states.  ``alerts``, ``guard``: whom a guard
    tells, and what it keeps."""

    each: tuple[Expectation, ...]
    world: World = World()
    alerts: tuple[Alert, ...] = ()
    guard: GuardSettings = GuardSettings()
