"""What the host's own units do to the network when they start: their commands, and the lines of the scripts there."""

import msgspec

from hairpin.host.boot.unit_lines import command_of
from hairpin.host.managers import HIDDEN
from hairpin.kept import kept
from hairpin.story.cron import effect_of_script
from hairpin.story.entry import Actor, Effect
from hairpin.story.file_times import known_from
from hairpin.story.traces import Traces

_TIMER_LINE = "0"
_CUT = "not collected"


class OwnUnit(msgspec.Struct, frozen=True):
    """``lines``: the commands that matter, in their order; ``timer``: the one that starts the unit, empty: none.
    ``known_from``: since when its files say so, in seconds since the epoch."""

    name: str
    lines: tuple[str, ...]
    timer: str = ""
    known_from: float = 0.0

    @property
    def effect(self) -> Effect | None:
        """What a start of the unit does; None: nothing in the network."""
        return effect_of_script("", self.lines)

    @property
    def whole(self) -> str:
        """The commands as one list."""
        return "; ".join(self.lines)

    def actor(self, evidence: str) -> Actor:
        """Return the unit as the one that did what its start does, with its timer; ``evidence``: that it started."""
        return Actor("unit", f"{self.name} ({self.timer})" if self.timer else self.name, evidence)


@kept
def own_units(traces: Traces) -> dict[str, OwnUnit]:
    """Return the units by name.  A snapshot of an earlier version has only the enabled ones, with its configuration."""
    lines: dict[str, list[str]] = {}
    timers: dict[str, str] = {}
    paths: dict[str, set[str]] = {}
    for key in ("trace-own-units", "boot-units"):
        for reading in traces.readings(key) if not lines else ():
            for each in reading.text.split("\n"):
                unit, _, line = each.partition("\t")
                place = line.split(":", 2)
                if len(place) != 3:
                    continue
                if place[1] == _TIMER_LINE:
                    timers[unit] = place[2]
                    continue
                paths.setdefault(unit, {f"/etc/systemd/system/{unit}"}).add(place[0])
                if _CUT in place[2]:
                    lines.setdefault(unit, []).append(HIDDEN)
                elif place[2].strip()[:1] != "#":
                    lines.setdefault(unit, []).append(command_of(place[2]))
    return {
        unit: OwnUnit(unit, tuple(found), timers.get(unit, ""), known_from(traces, paths[unit]))
        for unit, found in lines.items()
    }
