"""Finds changes of the relevant units, from the log lines of process 1; the effects of the host's own units on the
network, from the units' commands and the lines of their scripts; and the commands that systemd-run ran, from the
descriptions of the units that it made.  If a person runs systemd-run by sudo, sudo logs a line about it.  Source:
systemd src/run/run.c, src/core/job.c"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.host.managers import HIDDEN, command_of
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.programs import PROGRAMS, units_of
from hairpin.story.commands.cron import ScriptLines, effect_of_script
from hairpin.story.commands.deeds import effect_of_command
from hairpin.story.commands.people import commands_of
from hairpin.story.entry import Actor, Effect, StoryEntry, Verb
from hairpin.story.line import Line
from hairpin.story.logs.boots import boot_at
from hairpin.story.logs.unit_events import full_name, unit_effect
from hairpin.story.traces import Traces, known_from

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


_STARTED = re.compile(
    r"Started (?:(?P<unit>run-[a-z0-9]+\.(?:service|scope)) - )?(?:\[systemd-run\] )?(?P<command>/.*?)\.?$", re.DOTALL
)
"""Matches systemd's line about a started unit.  Before version 249, this line lacks the unit's name."""
_SOON_S = 2.0
_RESTART_S = 10.0
"""If a unit starts within this number of seconds after its stop, it counts as restarted."""
_STARTUP_S = 300.0
"""The number of seconds after a boot within which the start of a unit belongs to the boot, if no line says that the
start-up has finished."""
_SHUTDOWN_S = 180.0
_SECOND = 1.0
"""The resolution of file times in traces, in seconds."""
_NAMED = re.compile(r"\b([A-Za-z0-9@_.\\:-]+\.(?:service|socket|timer|target))\b")
_DESCRIBED = {one.described: full_name(one.name) for each in PROGRAMS for one in each.services if one.described}
"""The descriptions of units.

Before version 249, systemd writes these descriptions into syslog instead of the units' names."""
_ENGINE = "docker.service"
_LOADING = frozenset(map(full_name, units_of("firewall", "scripts", "sysctls")))
"""The units that load rules or sysctls when they start."""


class UnitChange(msgspec.Struct, frozen=True):
    """A change of a unit.

    ``at`` and ``until``: the start and the end of the change, in seconds since the epoch.  ``at_boot``: whether the
    change is part of a boot or of a shutdown.  ``again``: whether systemd itself made the change, because the unit's
    process had ended.  ``is_last``: whether the unit stays stopped until the boot ends."""

    unit: str
    verb: Verb
    at: float
    until: float
    evidence: str
    quote: str = ""
    at_boot: bool = False
    again: bool = False
    is_last: bool = False


@kept
def unit_changes(traces: Traces) -> tuple[UnitChange, ...]:
    """Return the changes of all units, the oldest change first."""
    by_unit: dict[tuple[str, str], list[Line]] = {}
    finished: dict[str, float] = {}
    for line in traces.lines("trace-units"):
        if line.program != "systemd" or line.pid not in ("", "1"):
            continue
        if line.message.startswith("Startup finished in"):
            finished[line.boot] = line.at
        unit = _unit_of(line)
        if unit and not is_transient(unit):
            by_unit.setdefault((unit, line.boot), []).append(line)
    found = [
        msgspec.structs.replace(change, at_boot=_is_of_boot(traces, change, finished.get(boot)))
        for (unit, boot), lines in by_unit.items()
        for change in _changes(unit, lines)
    ]
    return tuple(sorted(found, key=lambda each: each.at))


def _unit_of(line: Line) -> str:
    if line.unit and line.unit != "init.scope":
        return line.unit
    named = _NAMED.search(line.message)
    if named is not None:
        return named[1]
    return next((unit for said, unit in _DESCRIBED.items() if said in line.message), "")


def _changes(unit: str, lines: list[Line]) -> Iterator[UnitChange]:
    """Yield the changes of one unit in one boot.  A stop and a start soon after it are one restart."""
    stop: UnitChange | None = None
    begun: Line | None = None
    again = False
    for line in lines:
        said = line.message
        if said.startswith("Stopping "):
            if stop is not None:
                yield stop
            stop = UnitChange(unit, "stop", line.at, line.at, line.evidence, said)
        elif said.startswith("Stopped "):
            at = stop.at if stop is not None else line.at
            if stop is None or stop.verb == "stop":
                stop = UnitChange(unit, "stop", at, line.at, line.evidence, said)
        elif "Main process exited" in said and ("code=killed" in said or "code=dumped" in said):
            # A unit that systemd stops may also be ended by a signal.
            if stop is None:
                stop = UnitChange(unit, "kill", line.at, line.at, line.evidence, said)
        elif "Scheduled restart job" in said:
            again = True
        elif said.startswith("Starting "):
            begun = line
        elif said.startswith(("Started ", "Finished ")):
            at = begun.at if begun is not None else line.at
            if stop is not None and at - stop.until <= _RESTART_S:
                if stop.verb == "kill":
                    yield stop
                    yield UnitChange(unit, "start", at, line.at, line.evidence, said, again=True)
                else:
                    yield UnitChange(unit, "restart", stop.at, line.at, line.evidence, said, again=again)
            else:
                if stop is not None:
                    yield stop
                yield UnitChange(unit, "start", at, line.at, line.evidence, said, again=again)
            stop, begun, again = None, None, False
        elif said.startswith("Reloaded "):
            yield UnitChange(unit, "reload", line.at, line.at, line.evidence, said)
        elif said.startswith("Failed to start ") or "Failed with result" in said:
            if stop is not None:  # the unit's result is a consequence of a kill or of the stop
                continue
            yield UnitChange(unit, "fail", line.at, line.at, line.evidence, said)
            begun = None
    if stop is not None:
        yield msgspec.structs.replace(stop, is_last=True)


def _is_of_boot(traces: Traces, change: UnitChange, finished: float | None) -> bool:
    boot = boot_at(traces, change.at)
    if boot is None:
        return False
    if change.at <= (finished if finished is not None else boot.begins + _STARTUP_S):
        return True
    return change.is_last and boot.ends is not None and change.at >= boot.ends - _SHUTDOWN_S


def unit_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each change of a unit, except for stops by a shutdown.  Of repeated changes of one of the
    host's own units, only the first and the last have an entry.  The last entry also has the times between them."""
    started: dict[str, float] = {}
    last = ""
    own = own_units(traces)
    times = _times(traces)
    for change in unit_changes(traces):
        boot = boot_at(traces, change.at)
        if boot is not None and boot.id != last:
            started, last = {}, boot.id
        if change.at_boot and change.verb in ("stop", "kill"):
            continue
        after = started.get(_ENGINE) if change.unit in _LOADING else None
        effect = None if change.at_boot else unit_effect(change.unit, change.verb)
        own_times = times.get((change.unit, change.verb), ()) if not change.at_boot else ()
        if change.at in own_times[1:-1]:
            continue
        if effect is None and change.at in own_times:
            effect = own[change.unit].effect_of(change.verb)
        yield StoryEntry(
            at=change.at,
            kind="unit",
            what=_said(change, None if after is None else change.at - after),
            subject=change.unit,
            evidence=change.evidence,
            until=change.until if change.until > change.at else None,
            effect=effect,
            quote=change.quote,
            host=traces.host,
            verb=change.verb,
            before=own_times[1:-1] if own_times and change.at != own_times[0] else (),
        )
        if change.verb in ("start", "restart"):
            started[change.unit] = change.until


def _times(traces: Traces) -> dict[tuple[str, Verb], tuple[float, ...]]:
    """Return the times of the changes (starts, stops and so on) of the host's own units, without changes by a boot.
    For a unit with an effect on the network, only times after the last change of the unit's files count."""
    own = own_units(traces)
    found: dict[tuple[str, Verb], list[float]] = {}
    for change in unit_changes(traces):
        unit = own.get(change.unit)
        if unit is None or change.at_boot or unit_effect(change.unit, "start") is not None:
            continue
        if unit.effect_of(change.verb) is None or change.at >= unit.known_from - _SECOND:
            found.setdefault((change.unit, change.verb), []).append(change.at)
    return {key: tuple(times) for key, times in found.items()}


def _said(change: UnitChange, after_s: float | None) -> Message:
    match change.verb:
        case "start" if after_s is not None and change.at_boot:
            return message(
                "{unit} started, {seconds} s after {engine}", unit=change.unit, seconds=round(after_s), engine=_ENGINE
            )
        case "start" if change.again:
            return message("{unit} was started again by systemd", unit=change.unit)
        case "start":
            return message("{unit} started", unit=change.unit)
        case "restart":
            return message("{unit} was restarted", unit=change.unit)
        case "reload":
            return message("{unit} was reloaded", unit=change.unit)
        case "stop":
            return message("{unit} stopped", unit=change.unit)
        case "kill":
            return message("the process of {unit} was killed", unit=change.unit)
        case "fail":
            return message("{unit} failed", unit=change.unit)


def is_transient(unit: str) -> bool:
    """Return whether the unit's name was chosen by systemd-run."""
    return re.fullmatch(r"run-[a-z0-9]+\.(service|scope|timer)", unit) is not None


def transient_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield entries for the commands that systemd-run started and that may change the network, if no log shows the
    call of systemd-run itself."""
    typed = [each.at for each in commands_of(traces) if "systemd-run" in each.text]
    for line in traces.lines("trace-units"):
        told = _STARTED.match(line.message) if line.program == "systemd" and line.pid in ("", "1") else None
        unit = line.unit or (told["unit"] if told is not None else "") or ""  # syslog has the unit in the message alone
        if told is None or not is_transient(unit) or any(at - _SOON_S <= line.at <= at + _SOON_S for at in typed):
            continue
        command = told["command"].strip()
        effect = effect_of_command(command)
        if effect is None:
            continue
        yield StoryEntry(
            at=line.at,
            kind="command",
            what=message("systemd-run started `{command}` as {unit}", command=command, unit=unit),
            subject=unit,
            evidence=line.evidence,
            by=Actor("unit", unit, line.evidence),
            effect=effect if effect != Effect() else None,
            quote=line.message,
            host=traces.host,
        )


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
