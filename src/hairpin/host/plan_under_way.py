"""A plan of hairpin's own that is in progress on a host: its readings may be outdated in a minute."""

from typing import Literal

import msgspec

PlanStage = Literal["tried", "half-done", "under-way", "kept", "taken-back", "interrupted"]
"""``tried``: all its steps are done, and it waits for its confirmation.  ``half-done``: not all are.  ``under-way``:
one of both.  ``kept`` and ``taken-back``: in progress at this moment.  ``interrupted``: no process continues it."""


class PlanUnderWay(msgspec.Struct, frozen=True):
    """``plan``: its number in its journal.  ``until``: when its switch undoes it, in seconds since the epoch; None: no
    switch is set, or the time is unknown.  ``from_elsewhere``: another machine began it, over ssh."""

    plan: str
    state: PlanStage
    until: float | None = None
    from_elsewhere: bool = False
