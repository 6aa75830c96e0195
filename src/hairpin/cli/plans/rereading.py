"""Reads this host again while a plan is carried out.

Most of the time that a reading takes is spent in the containers.  A plan that edits only rules and sysctls of the host
changes nothing in them.  For such a plan, only the host and the asked containers are read again.  The other containers
stay as they were read for the plan: their readings complete the newer evidence.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from hairpin.change.step import stays_on_host
from hairpin.collect.several import read_this
from hairpin.evidence.reading import Evidence, Reading
from hairpin.question.question import needed_containers

if TYPE_CHECKING:
    from hairpin.apply.plan import RepairPlan
    from hairpin.evidence.reading import Evidence


_RECENT = timedelta(seconds=30)
"""The greatest age of the readings of a container that is not entered again."""
NO_CONTAINER = ("name=-",)
"""The argument for ``collect.sh --only`` that fits no container: the name of a container begins with a letter or a
digit."""


class Rereading:
    """The readings of this host from the plan on.  Each whole reading replaces the one before it."""

    def __init__(self, plan: "RepairPlan") -> None:
        self._whole = plan.answer.evidence[0]
        self._only = needed_containers(plan.answer.question) or NO_CONTAINER
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


_LEFT = "namespaces-left"
_PLACES = "namespaces"
_UNITS = "units"
_FOR_PEOPLE = ("versions", "modules", "module-files", "kernel-cmdline", "klog")
"""The keys of readings that ``collect.sh --only`` leaves out although they are about the host."""


def with_insides(newer: Evidence, older: Evidence) -> Evidence | None:
    """Return the newer evidence, with the older readings of the containers that were not entered again.  Each engine,
    and each user's Podman, has readings of its own about its containers' namespaces.

    Return None if a container is another one than before: its id, its process or its namespace is different.  Also
    return None if the older evidence lacks a container, too."""
    left = newer.all(_LEFT)
    if not left:
        return newer
    was, now = (sorted(each.text for each in one.all(_PLACES)) for one in (older, newer))
    if was != now or not was or older.all(_LEFT):
        return None
    names = frozenset(f"container:{name}" for each in left for name in each.text.splitlines())
    kept = (_with_units(each, older) for each in newer.readings if each.key != _LEFT)
    readings = (*kept, *_left_out(newer, older, names))
    return msgspec.structs.replace(
        newer, readings=tuple(msgspec.structs.replace(each, id=f"e{n}") for n, each in enumerate(readings, 1))
    )


def _left_out(newer: Evidence, older: Evidence, names: frozenset[str]) -> Iterator[Reading]:
    """Yield the older readings of these namespaces, and those about the host that the newer evidence lacks."""
    read = {(each.key, each.origin) for each in newer.readings if each.key in _FOR_PEOPLE}
    for each in older.readings:
        if each.netns in names or (each.key in _FOR_PEOPLE and (each.key, each.origin) not in read):
            yield each


def _with_units(reading: Reading, older: Evidence) -> Reading:
    """Return the reading.  If it is about units of systemd, the units that only the older evidence has are added."""
    was = older.find(_UNITS, reading.netns) if reading.key == _UNITS else None
    if was is None or (reading.outcome, was.outcome) != ("text", "text"):
        return reading
    asked = frozenset(map(_unit, _blocks(reading.text)))
    further = [each for each in _blocks(was.text) if _unit(each) not in asked]
    return msgspec.structs.replace(reading, text="\n\n".join((*_blocks(reading.text), *further)) + "\n")


def _blocks(text: str) -> list[str]:
    return [each for each in text.strip("\n").split("\n\n") if each]


def _unit(block: str) -> str:
    return next((line for line in block.splitlines() if line.startswith("Id=")), block)
