"""Reads the plans of hairpin's own that have not ended: a line each, its parts separated by tabs.

    line := ("own" | "other") number state ("watched" | "dead") (seconds | "-")

The state is ``open``, ``keeping`` or ``ending``, as far as a shell tells it, or a ``PlanStage``, as the journal does.
"""

from collections.abc import Iterator
from typing import get_args

import msgspec

from hairpin.host.plan_under_way import PlanStage, PlanUnderWay

_PARTS = 5
_WITH_END: tuple[PlanStage, ...] = ("tried", "half-done", "under-way", "interrupted")


def plans_under_way(text: str, now: float | None) -> tuple[PlanUnderWay, ...]:
    """Return the plans, this host's own first.  ``now``: when they were read, by the host's clock."""
    return tuple(_plans(text, now))


def _plans(text: str, now: float | None) -> Iterator[PlanUnderWay]:
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == _PARTS and parts[1].isdecimal():
            whose, plan, state, watched, end = parts
            until = float(end) if end.isdecimal() else None
            stage = _stage(state, until, now) if watched == "watched" else "interrupted"
            ends = until if stage in _WITH_END and watched == "watched" else None
            yield PlanUnderWay(plan, stage, ends, from_elsewhere=whose == "other")


def _stage(state: str, until: float | None, now: float | None) -> PlanStage:
    if state in get_args(PlanStage):
        stage: PlanStage = msgspec.convert(state, PlanStage)
        return stage
    if state == "keeping":
        return "kept"
    is_over = until is not None and now is not None and until <= now
    return "taken-back" if state == "ending" or is_over else "under-way"
