"""A plan of hairpin's own that is on its way on a host: all that is read there may be another one in a minute."""

from typing import Literal

import msgspec

PlanStage = Literal["tried", "half-done", "under-way", "kept", "taken-back", "interrupted"]
"""``tried``: all its steps are done, and it waits for its confirmation.  ``half-done``: not all are.  ``under-way``:
one of both.  ``kept`` and ``taken-back``: that happens at this moment.  ``interrupted``: nobody carries it on."""


class PlanUnderWay(msgspec.Struct, frozen=True):
    """``plan``: its number in its journal.  ``until``: when its switch takes it back, in seconds since the epoch; None:
    no switch does, or it is not known.  ``from_elsewhere``: another machine has begun it, over ssh."""

    plan: str
    state: PlanStage
    until: float | None = None
    from_elsewhere: bool = False
