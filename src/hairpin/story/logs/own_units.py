"""Finds the effects of the host's own units on the network, from the units' commands and the lines of their scripts."""

from hairpin.host.boot.unit_lines import command_of
from hairpin.host.managers import HIDDEN
from hairpin.kept import kept
from hairpin.story.commands.cron import ScriptLines, effect_of_script
from hairpin.story.entry import Actor, Effect, Verb
from hairpin.story.file_times import known_from
from hairpin.story.traces import Traces

_TIMER_LINE = "0"
_CUT = "not collected"
"""The text by which the collector replaces possible secrets in a unit's line.

The text stands in brackets or after a #."""


class OwnUnit(ScriptLines, frozen=True):
    """A unit of the host, and the commands that the unit's start runs.

    ``timer``: the timer that starts the unit; empty if no timer starts it.  ``known_from``: the time since which the
    unit's files have their present content, in seconds since the epoch.  ``stop_lines``: the commands that the unit's
    stop runs."""

    name: str
    timer: str = ""
    known_from: float = 0.0
    stop_lines: tuple[str, ...] = ()

    def effect_of(self, verb: Verb) -> Effect | None:
        """Return the effect of the unit's start, stop or restart; None if this start, stop or restart changes nothing
        in the network."""
        match verb:
            case "start":
                return self.effect
            case "stop":
                return effect_of_script("", self.stop_lines)
            case "restart":
                return effect_of_script("", (*self.stop_lines, *self.lines))
            case _:
                return None

    def actor(self, evidence: str) -> Actor:
        """Return the unit, with its timer, as the actor of the effects of its start.  ``evidence``: the id of the
        reading that shows the start."""
        return Actor("unit", f"{self.name} ({self.timer})" if self.timer else self.name, evidence)


@kept
def own_units(traces: Traces) -> dict[str, OwnUnit]:
    """Return all units of the host itself, by name.

    For a command that is not relevant, the collector lists only the program.  A snapshot of an earlier version of
    hairpin contains only the enabled units."""
    lines: dict[str, list[str]] = {}
    timers: dict[str, str] = {}
    paths: dict[str, set[str]] = {}
    stops: dict[str, list[str]] = {}
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
                text = place[2].strip()
                told = stops if text.startswith("ExecStop") else lines
                lines.setdefault(unit, [])
                if _CUT in text:
                    told.setdefault(unit, []).append(HIDDEN)
                elif text[:1] != "#":
                    told.setdefault(unit, []).append(command_of(text))
    return {
        unit: OwnUnit(
            tuple(found), unit, timers.get(unit, ""), known_from(traces, paths[unit]), tuple(stops.get(unit, ()))
        )
        for unit, found in lines.items()
    }
