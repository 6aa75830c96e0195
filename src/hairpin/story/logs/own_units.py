"""What the host's own units do to the network when they start: their commands, and the lines of the scripts there."""

from hairpin.host.boot.unit_lines import command_of
from hairpin.host.managers import HIDDEN
from hairpin.kept import kept
from hairpin.story.commands.cron import ScriptLines, effect_of_script
from hairpin.story.entry import Actor, Effect, Verb
from hairpin.story.file_times import known_from
from hairpin.story.traces import Traces

_TIMER_LINE = "0"
_CUT = "not collected"
"""What the collector puts into a unit's line that may be a secret, in brackets or behind a #."""


class OwnUnit(ScriptLines, frozen=True):
    """A unit and the commands that its start runs.  ``timer``: the one that starts it, empty: none.  ``known_from``:
    since when its files say so, in seconds since the epoch.  ``stop_lines``: the commands that its stop runs."""

    name: str
    timer: str = ""
    known_from: float = 0.0
    stop_lines: tuple[str, ...] = ()

    def effect_of(self, verb: Verb) -> Effect | None:
        """Return what a start, a stop or a restart does; None: nothing in the network."""
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
        """Return the unit as the one that did what its start does, with its timer; ``evidence``: that it started."""
        return Actor("unit", f"{self.name} ({self.timer})" if self.timer else self.name, evidence)


@kept
def own_units(traces: Traces) -> dict[str, OwnUnit]:
    """Return the units by name, whatever they run: of what programs no rule or setting the collector tells the program
    alone.  A snapshot of an earlier version has only the enabled ones, with its configuration."""
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
