"""Finds the actor of a start, stop or reload of a unit or container.

The actor is a command, a package, a cron job or another unit.  The actor names the unit or container, and ran shortly
before the change."""

from collections.abc import Iterator

import msgspec

from hairpin.kept import kept
from hairpin.story.commands.apt_hooks import HookRun, hook_runs
from hairpin.story.commands.cron import Job, jobs_of
from hairpin.story.commands.deeds import named_units
from hairpin.story.commands.package_scripts import InstallScript, package_scripts
from hairpin.story.commands.packages import package_actor, package_runs
from hairpin.story.commands.people import Command, commands_of
from hairpin.story.entry import Actor, Effect, PackageVerb, StoryEntry, Verb
from hairpin.story.logs.unit_events import full_name, packages_of_unit
from hairpin.story.logs.units import UnitChange, own_units, unit_changes
from hairpin.story.traces import Traces

_SOON_S = 20.0
"""The time in seconds within which a unit begins to stop or start after the command for it."""
_EARLY_S = 1.0
_ALIKE: dict[Verb | PackageVerb, tuple[Verb, ...]] = {
    "start": ("start", "restart"), "stop": ("stop", "restart"), "restart": ("restart", "start", "stop"),
    "reload": ("reload",), "kill": ("kill",), "fail": ("start", "restart", "reload"),
}  # fmt: skip


class CommandRun(msgspec.Struct, frozen=True):
    """A command that ran, with the units that it names.

    ``effect``: the command's effect on the network.  ``unit``: the unit whose start ran the command; empty if no unit
    ran it.  ``until``: the time at which the command ended; None if the command ended at once."""

    at: float
    by: Actor
    text: str
    units: tuple[tuple[str, Verb], ...]
    effect: Effect | None
    unit: str = ""
    until: float | None = None


@kept
def command_runs_of(traces: Traces) -> tuple[CommandRun, ...]:
    """Return the commands of people, of cron, of apt's hooks and of the host's own units, the oldest command first."""
    found = [*map(_of_command, commands_of(traces)), *map(_of_job, jobs_of(traces)), *map(_of_hook, hook_runs(traces))]
    found += [_of_unit(traces, each, tuple(found)) for each in _own_starts(traces)]
    return tuple(sorted(found, key=lambda each: each.at))


def _own_starts(traces: Traces) -> Iterator[UnitChange]:
    own = own_units(traces)
    for each in unit_changes(traces):
        known = own.get(each.unit)
        if (
            each.verb in ("start", "restart", "stop")
            and not each.at_boot
            and known is not None
            and each.at >= known.known_from - _EARLY_S
        ):
            yield each


def _of_unit(traces: Traces, change: UnitChange, asked: tuple[CommandRun, ...]) -> CommandRun:
    """Return the commands that the start or stop of one of the host's own units ran, as one command.

    If exactly one command started or stopped the unit, the actor is this command.  If no command or several commands
    started or stopped the unit, the actor is the unit."""
    own = own_units(traces)[change.unit]
    actors = {each.by for each in asked if _is_soon(each, change.at) and change.unit in dict(each.units)}
    by = actors.pop() if len(actors) == 1 else own.actor(change.evidence)
    return CommandRun(change.at, by, own.whole, named_units(own.whole), own.effect_of(change.verb), change.unit)


def _of_command(command: Command) -> CommandRun:
    return CommandRun(command.at, command.by, command.text, named_units(command.text), command.effect)


def _of_hook(each: HookRun) -> CommandRun:
    whole = each.hook.whole
    return CommandRun(each.run.at, each.by, whole, named_units(whole), each.hook.effect, until=each.run.until)


def _of_job(job: Job) -> CommandRun:
    return CommandRun(job.at, job.by, job.text, named_units(job.whole), job.effect)


def with_actors(traces: Traces, entries: tuple[StoryEntry, ...]) -> tuple[StoryEntry, ...]:
    """Return the entries.  An entry whose actor the traces name has this actor.

    If the entry of a unit or container has the whole effect of a command, the effect is removed from the command's own
    entry.  An effect in both entries would count twice."""
    found: list[StoryEntry] = []
    told: set[CommandRun] = set()
    for entry in entries:
        run = _run_of(traces, entry) if entry.by is None and entry.kind in ("unit", "container", "firewall") else None
        if run is not None:
            found.append(msgspec.structs.replace(entry, by=run.by))
            if entry.effect is not None and run.unit != entry.subject:
                told.add(run)
        elif entry.by is None and entry.kind == "unit":
            by, effect = _of_package(traces, entry)
            found.append(msgspec.structs.replace(entry, by=by, effect=effect))
        else:
            found.append(entry)
    return tuple(msgspec.structs.replace(each, effect=None) if _is_told(each, told) else each for each in found)


def _is_told(entry: StoryEntry, told: set[CommandRun]) -> bool:
    """Return whether another entry already has the whole effect of this entry.

    The given entry is about a command, or about the start of one of the host's own units."""
    if entry.effect is None or entry.effect.event is None:
        return False
    unit = entry.subject if entry.kind == "unit" else ""
    return entry.kind in ("command", "unit") and any((each.at, each.unit) == (entry.at, unit) for each in told)


def _run_of(traces: Traces, entry: StoryEntry) -> CommandRun | None:
    """Return the command that can have caused the entry; None if there is no such command, or if several actors are
    possible."""
    found = [each for each in command_runs_of(traces) if _is_soon(each, entry.at) and _fits(each, entry)]
    actors = {each.by.name for each in found}
    return found[-1] if len(actors) == 1 else None


def _is_soon(run: CommandRun, at: float) -> bool:
    ended = run.at if run.until is None else run.until
    return run.at - _EARLY_S <= at <= ended + _SOON_S


def _fits(run: CommandRun, entry: StoryEntry) -> bool:
    effect = run.effect
    if run.unit == entry.subject and entry.kind == "unit":
        return run.at == entry.at
    if entry.kind == "unit":
        alike = _ALIKE.get(entry.verb, ()) if entry.verb is not None else ()
        return any(full_name(unit) == entry.subject and each in alike for unit, each in run.units)
    if entry.kind == "firewall":
        return effect is not None and entry.effect is not None and effect.event == entry.effect.event
    return (
        effect is not None
        and effect.event is not None
        and (effect.event.startswith("container-") and effect.name == entry.subject)
    ) or _runs(run, entry)


def _runs(run: CommandRun, entry: StoryEntry) -> bool:
    """Return whether the command makes the entry's container, as ``docker run --name web`` does."""
    words = run.text.split()
    named = [*words, *(word.partition("=")[2] for word in words if word.startswith("--name="))]
    return bool({"run", "create"} & set(words)) and entry.subject in named and entry.effect is None


def _named(script: InstallScript) -> set[str]:
    """Return the units that the script starts, stops or reloads."""
    return {unit for unit, _ in named_units(script.whole)}


def _of_package(traces: Traces, entry: StoryEntry) -> tuple[Actor | None, Effect | None]:
    """Return two values: the package whose installation restarted the unit (None if there is no such package), and the
    effect of the unit's entry."""
    names = packages_of_unit(entry.subject)
    scripts = package_scripts(traces)
    for run in package_runs(traces):
        others = (each for each in run.changes if each.name in scripts and entry.subject in _named(scripts[each.name]))
        change = run.change_of(names) or next(others, None)
        if change is None:
            continue
        # The times of a run that no history shows are a guess, so the package's own times are used.
        ended = run.until if run.command else change.until
        if change.at - _EARLY_S <= entry.at <= ended + _SOON_S:
            return package_actor(change), entry.effect
    return None, entry.effect
