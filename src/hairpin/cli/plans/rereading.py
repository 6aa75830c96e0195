"""Reads this host again while a plan is carried out.

Most of the time that a reading takes is spent in the containers.  A plan that edits only rules and sysctls of the host
changes nothing in them.  For such a plan, only the host and the asked containers are read again.  The other containers
stay as they were read for the plan.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hairpin.change.step import stays_on_host
from hairpin.collect.several import read_this
from hairpin.evidence.completion import with_insides
from hairpin.question.question import needed_containers

if TYPE_CHECKING:
    from hairpin.apply.plan import RepairPlan
    from hairpin.evidence.reading import Evidence

_RECENT = timedelta(seconds=30)
"""The greatest age of the readings of a container that is not entered again."""
_NO_CONTAINER = ("name=-",)
"""The argument for ``collect.sh --only`` that fits no container: the name of a container begins with a letter or a
digit."""


class Rereading:
    """The readings of this host from the plan on.  Each whole reading replaces the one before it."""

    def __init__(self, plan: "RepairPlan") -> None:
        self._whole = plan.answer.evidence[0]
        self._only = needed_containers(plan.answer.question) or _NO_CONTAINER
        self._is_partial = all(stays_on_host(step) for each in plan.repairs for step in each.remedy.steps)

    def read(self) -> "tuple[Evidence, ...]":
        """Return the host's evidence as it is now.  All containers are read again if the plan may change them, if one
        of them is another one than before, or if they were read too long ago."""
        if self._is_partial and _is_recent(self._whole):
            whole = with_insides(read_this(only=self._only), self._whole)
            if whole is not None:
                return (whole,)
        self._whole = read_this()
        return (self._whole,)


def _is_recent(evidence: "Evidence") -> bool:
    try:
        taken_at = datetime.fromisoformat(evidence.taken_at)
    except ValueError:  # the host has no date(1) that tells it in UTC
        return False
    return taken_at.tzinfo is not None and datetime.now(UTC) - taken_at <= _RECENT
