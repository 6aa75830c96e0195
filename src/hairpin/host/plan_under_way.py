"""A plan of hairpin that is in progress on a host.  A plan that is in progress may soon make the readings of the host
outdated."""

from typing import Literal

import msgspec

PlanStage = Literal["tried", "half-done", "under-way", "kept", "taken-back", "interrupted"]
"""The stage of a plan.  ``tried``: all steps of the plan are done, and it waits for its confirmation.  ``half-done``:
not all steps are done.  ``under-way``: the plan is either tried or half done.  ``kept`` and ``taken-back``: hairpin is
keeping the plan or taking it back at this moment.  ``interrupted``: no process continues the plan."""


class PlanUnderWay(msgspec.Struct, frozen=True):
    """A plan of hairpin that is in progress.  ``plan``: the plan's number in its journal.  ``until``: the time at which
    the plan is undone automatically, in seconds since the epoch; None if the plan is not undone automatically, or if
    the time is unknown.  ``from_elsewhere``: whether another machine began the plan over ssh."""

    plan: str
    state: PlanStage
    until: float | None = None
    from_elsewhere: bool = False
