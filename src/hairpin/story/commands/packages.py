"""Finds packages that were installed, upgraded or removed, from dpkg's log and apt's history, from rpm's times, and
from the logs of dnf, yum and pacman."""

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from hairpin.events.event import EventId
from hairpin.events.registry import all_events
from hairpin.evidence.reading import Reading, moment
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.story.clock import number
from hairpin.story.commands.package_scripts import package_scripts
from hairpin.story.entry import Actor, Effect, PackageVerb, StoryEntry
from hairpin.story.traces import Traces

_DPKG = re.compile(
    r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?P<verb>install|upgrade|remove|purge|configure) "
    r"(?P<name>[^ :]+)(?::\S+)? (?P<old>\S+) (?P<new>\S+)",
    re.MULTILINE,
)
_APT = re.compile(r"^(Start-Date|End-Date|Commandline|Requested-By): (.*)$", re.MULTILINE)
_RPM = re.compile(r"^(?P<at>\d+) (?P<name>\S+) (?P<version>\S+)$", re.MULTILINE)
_DNF = re.compile(
    r"^(?P<at>\d{4}-\d\d-\d\dT\S+) \S+ (?P<verb>Upgraded?|Installed|Install|Erase|Removed|Command): (?P<what>.*)$",
    re.MULTILINE,
)
_YUM = re.compile(
    r"^(?P<at>[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d) (?P<verb>Updated|Installed|Erased): (?P<what>\S+)", re.MULTILINE
)
_PACMAN = re.compile(
    r"^\[(?P<at>[^\]]+)\] \[(?:ALPM\] (?P<verb>installed|upgraded|removed|downgraded) (?P<name>\S+)"
    r" \((?P<versions>[^)]*)\)"
    r"|PACMAN\] Running '(?P<command>[^']*)')",
    re.MULTILINE,
)
_NEVRA = re.compile(
    r"(?:\d+:)?(?P<name>.+?)-(?P<version>(?:\d+:)?[^-]+-[^-]+?)(?:\.(?:x86_64|noarch|aarch64|i686|src))?$"
)
_VERBS: dict[str, PackageVerb] = {
    "install": "install", "upgrade": "upgrade", "remove": "remove", "purge": "remove", "Upgrade": "upgrade",
    "Upgraded": "upgrade", "Updated": "upgrade", "Install": "install", "Installed": "install", "Erase": "remove",
    "Erased": "remove", "Removed": "remove", "installed": "install", "upgraded": "upgrade", "removed": "remove",
    "downgraded": "upgrade",
}  # fmt: skip
_HISTORY = "apt/history"
_RUN_S = 120.0
"""The greatest gap in seconds between two changes of packages that belong to the same run, for a package manager that
keeps no history."""


class PackageChange(msgspec.Struct, frozen=True):
    """A change of a package.

    ``at``: the time of unpacking.  ``until``: the time of configuring.  ``at`` and ``until`` are in seconds since the
    epoch."""

    name: str
    verb: PackageVerb
    old: str
    new: str
    at: float
    until: float
    evidence: str


class PackageRun(msgspec.Struct, frozen=True):
    """A run of a package manager.

    ``command``: the command line as typed.  ``user``: the user that ran the command.  An empty text means that the
    command or the user is unknown."""

    at: float
    until: float
    command: str
    user: str
    evidence: str
    changes: tuple[PackageChange, ...] = ()

    def change_of(self, names: tuple[str, ...]) -> PackageChange | None:
        """Return the change of the first package in ``names`` that the run changed, or None."""
        return next((each for name in names for each in self.changes if each.name == name), None)


@kept
def package_runs(traces: Traces) -> tuple[PackageRun, ...]:
    """Return the runs of package managers that changed a relevant package, the oldest run first."""
    told = list(apt_runs(traces))
    changes: list[PackageChange] = []
    for reading in traces.readings("trace-packages"):
        if _HISTORY not in reading.origin:
            changes += _changes(reading, traces)
            told += _commands(reading)
    changes += _rpm_changes(traces, changes)
    since = traces.clock.since
    changes = [each for each in changes if each.at >= since]
    changes.sort(key=lambda each: each.at)
    runs = [each for each in told if each.until >= since]
    runs.sort(key=lambda each: each.at)
    owners = [_run_of(each, runs) for each in changes]
    found = [
        msgspec.structs.replace(run, changes=own)
        for index, run in enumerate(runs)
        if (own := tuple(each for each, owner in zip(changes, owners, strict=True) if owner == index))
    ]
    rest = [each for each, owner in zip(changes, owners, strict=True) if owner is None]
    while rest:
        group = [rest.pop(0)]
        while rest and rest[0].at - group[-1].until <= _RUN_S:
            group.append(rest.pop(0))
        until = max(each.until for each in group)
        found.append(PackageRun(group[0].at, until, "", "", group[0].evidence, tuple(group)))
    return tuple(sorted(found, key=lambda each: each.at))


def _run_of(change: PackageChange, runs: list[PackageRun]) -> int | None:
    """Return the index of the last run that had begun before the change and ended after it; None if there is no such
    run."""
    fitting = [index for index, run in enumerate(runs) if run.at - 1.0 <= change.at <= run.until + 1.0]
    return fitting[-1] if fitting else None


def _changes(reading: Reading, traces: Traces) -> list[PackageChange]:
    """Return the package changes that one log contains."""
    clock = traces.clock
    found: list[PackageChange] = []
    configured: dict[str, int] = {}
    for each in _DPKG.finditer(reading.text):
        at = clock.local(each["at"])
        if at is None:
            continue
        name = each["name"]
        if each["verb"] == "configure":
            if name in configured:
                index = configured.pop(name)
                found[index] = msgspec.structs.replace(found[index], until=at)
            continue
        configured[name] = len(found)
        old = "" if each["old"] == "<none>" else each["old"]
        verb = _VERBS[each["verb"]]
        # dpkg also logs "install" for a package that was installed already and is unpacked again.
        new = "" if each["new"] == "<none>" or verb == "remove" else each["new"]
        found.append(
            PackageChange(name, "upgrade" if verb == "install" and old else verb, old, new, at, at, reading.id)
        )
    for each in _DNF.finditer(reading.text):
        at, nevra = moment(each["at"]), _NEVRA.match(each["what"].strip())
        if at is not None and nevra is not None and each["verb"] != "Command":
            found.append(_plain(nevra["name"], _VERBS[each["verb"]], nevra["version"], at, reading.id))
    for each in _YUM.finditer(reading.text):
        at, nevra = clock.yearless(each["at"]), _NEVRA.match(each["what"])
        if at is not None and nevra is not None:
            found.append(_plain(nevra["name"], _VERBS[each["verb"]], nevra["version"], at, reading.id))
    for each in _PACMAN.finditer(reading.text):
        at = moment(each["at"])
        if at is not None and each["verb"]:
            old, _, new = each["versions"].partition(" -> ")
            old, new = (old, new) if new else ("", old)
            found.append(PackageChange(each["name"], _VERBS[each["verb"]], old, new, at, at, reading.id))
    return found


def _plain(name: str, verb: PackageVerb, version: str, at: float, evidence: str) -> PackageChange:
    old, new = ("", version) if verb != "remove" else (version, "")
    return PackageChange(name, verb, old, new, at, at, evidence)


def _rpm_changes(traces: Traces, told: list[PackageChange]) -> Iterator[PackageChange]:
    """Yield the package changes that only rpm's times show and that no log contains."""
    for reading in traces.readings("trace-rpm"):
        for each in _RPM.finditer(reading.text):
            at = number(each["at"])
            if at is not None and not any(one.name == each["name"] and abs(one.at - at) < _RUN_S for one in told):
                yield PackageChange(each["name"], "upgrade", "", each["version"], at, at, reading.id)


def apt_runs(traces: Traces) -> tuple[PackageRun, ...]:
    """Return the runs in apt's history, the oldest run first, without the packages that they changed."""
    readings = (each for each in traces.readings("trace-packages") if _HISTORY in each.origin)
    found = (run for each in readings for run in _apt_runs(each, traces) if run.until >= traces.clock.since)
    return tuple(sorted(found, key=lambda each: each.at))


def _apt_runs(reading: Reading, traces: Traces) -> Iterator[PackageRun]:
    told: dict[str, str] = {}
    for each in _APT.finditer(reading.text):
        if each[1] == "Start-Date":
            told = {}
        told[each[1]] = each[2]
        if each[1] != "End-Date":
            continue
        at, until = traces.clock.local(told.get("Start-Date", "")), traces.clock.local(each[2])
        if at is not None and until is not None:
            user = told.get("Requested-By", "").partition(" ")[0]
            yield PackageRun(at, until, told.get("Commandline", ""), user, reading.id)


def _commands(reading: Reading) -> Iterator[PackageRun]:
    """Yield the runs in the logs of dnf or pacman.  These logs do not show when a run ended, so 20 minutes are
    assumed."""
    for each in _DNF.finditer(reading.text):
        at = moment(each["at"])
        if each["verb"] == "Command" and at is not None:
            yield PackageRun(at, at + 10 * _RUN_S, each["what"], "", reading.id)
    for each in _PACMAN.finditer(reading.text):
        at = moment(each["at"])
        if each["command"] and at is not None:
            yield PackageRun(at, at + 10 * _RUN_S, each["command"], "", reading.id)


def package_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each changed package.  The first entry of a run contains the run's command.  Libraries have
    entries only if the run changed no program."""
    for run in package_runs(traces):
        programs = [each for each in run.changes if not each.name.startswith(("lib", "python3-"))]
        for place, change in enumerate(programs or run.changes):
            yield StoryEntry(
                at=change.at,
                kind="package",
                what=_said(change, run) if place == 0 else _done(change),
                subject=change.name,
                evidence=change.evidence,
                until=change.until if change.until > change.at else None,
                by=package_actor(change),
                effect=_effect(traces, change),
                quote=run.command,
                verb=change.verb,
                host=traces.host,
            )


@cache
def _by_package() -> dict[str, EventId]:
    """Return the event that the upgrade of each package causes, by the package's name."""
    return {name: each.id for each in all_events() for name in each.packages}


def _effect(traces: Traces, change: PackageChange) -> Effect | None:
    if change.verb == "remove":
        return None
    event = _by_package().get(change.name)
    if event is not None:
        return Effect(event=event) if change.verb == "upgrade" or change.old else None
    script = package_scripts(traces).get(change.name)
    return script.effect if script is not None else None


def package_actor(change: PackageChange) -> Actor:
    """Return the package as the actor of its installation's effects."""
    versions = f"{change.old} → {change.new}" if change.old and change.new else change.new or change.old
    return Actor("package", f"{change.name} {versions}".strip(), change.evidence)


def _said(change: PackageChange, run: PackageRun) -> Message:
    done = _done(change)
    if run.user and run.command:
        return message("{done}: {user} ran `{command}`", done=done, user=run.user, command=run.command)
    return message("{done} by `{command}`", done=done, command=run.command) if run.command else done


def _done(change: PackageChange) -> Message:
    match change.verb:
        case "upgrade" if change.old and change.new == change.old:
            return message("{package} {new} was installed again", package=change.name, new=change.new)
        case "upgrade" if change.old:
            return message(
                "{package} was upgraded from {old} to {new}", package=change.name, old=change.old, new=change.new
            )
        case "upgrade":
            return message("{package} {new} was installed or upgraded", package=change.name, new=change.new)
        case "install":
            return message("{package} {new} was installed", package=change.name, new=change.new)
        case "remove":
            return message("{package} {old} was removed", package=change.name, old=change.old)
