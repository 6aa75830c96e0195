"""The story of hosts: the entries of all their traces in one order of time."""

import re
from collections.abc import Callable, Iterator

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.message import message
from hairpin.story.actors import with_actors
from hairpin.story.commands.apt_hooks import hook_entries
from hairpin.story.commands.audit import audit_entries
from hairpin.story.commands.cron import cron_entries
from hairpin.story.commands.packages import package_actor, package_entries, package_runs
from hairpin.story.commands.people import commands_of, people_entries
from hairpin.story.containers import container_entries, network_entries
from hairpin.story.entry import Actor, Story, StoryEntry
from hairpin.story.guarded import guarded_entries, writer_of
from hairpin.story.logs.boots import boot_entries, boots_of, clock_entries
from hairpin.story.logs.daemon_log import engine_entries, firewall_entries
from hairpin.story.logs.kernel_log import kernel_entries
from hairpin.story.logs.units import transient_entries, unit_entries
from hairpin.story.missing import missing_of
from hairpin.story.traces import ChangedFile, Traces, changed_files, traces_of

_EDITING_S = 3600.0
"""The time in seconds within which an editor that a person opened as root may write the file."""
_LINKS = ("/etc/systemd/system/", "/etc/alternatives/")
"""The folders in which package scripts make symbolic links that belong to no package."""
_RUN_S = 5.0


def file_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each changed file, except files that the installation of a package wrote."""
    since = traces.clock.since
    for file in changed_files(traces):
        if _is_installed(traces, file):
            continue
        at = file.written if file.written >= since else file.placed
        yield StoryEntry(
            at=at,
            kind="file",
            what=(
                message("{path} was written", path=file.path)
                if file.written >= since
                else message("{path} was put there, or its name, owner or mode was changed", path=file.path)
            ),
            subject=file.path,
            evidence=file.evidence,
            by=_writer(traces, file, at),
            host=traces.host,
        )


def _is_installed(traces: Traces, file: ChangedFile) -> bool:
    """Return whether a package manager installed the file and no program has written the file since."""
    for run in package_runs(traces):
        if run.at - _RUN_S <= file.placed <= run.until + _RUN_S:
            return bool(file.package) or file.path.startswith(_LINKS) or file.written < run.at
    return False


def _writer(traces: Traces, file: ChangedFile, at: float) -> Actor | None:
    """Return the actor whose command named the file shortly before, or the package whose installation wrote it.  If
    commands of several actors named the file, return None."""
    name = re.compile(rf"(?<![\w./-]){re.escape(file.path)}(?![\w./-])")
    found = [each for each in commands_of(traces) if -1.0 <= at - each.at <= _EDITING_S and name.search(each.text)]
    if found:
        return found[-1].by if len({each.by.name for each in found}) == 1 else None
    for run in package_runs(traces):
        change = run.change_of((file.package,)) if file.package else None
        if change is not None and run.at - _RUN_S <= at <= run.until + _RUN_S:
            return package_actor(change)
    return writer_of(traces, file.path, at)


WEEK_S = 7 * 86400.0
_KINDS: tuple[Callable[[Traces], Iterator[StoryEntry]], ...] = (
    boot_entries, clock_entries, unit_entries, engine_entries, firewall_entries, kernel_entries, people_entries,
    cron_entries, transient_entries, audit_entries, package_entries, hook_entries, file_entries, container_entries,
    network_entries, guarded_entries,
)  # fmt: skip


def story_of(evidence: tuple[Evidence, ...], since: float | None) -> Story:
    """Return the entries of the hosts from ``since`` on (seconds since the epoch).

    If ``since`` is None, the story begins with the boot before the present boot, but at most seven days before the
    traces were read."""
    hosts = [traces_of(each) for each in evidence]
    begins = since if since is not None else min(map(_usual, hosts), default=0.0)
    entries = [each for traces in hosts for each in _entries(traces) if (each.until or each.at) >= begins]
    missing = tuple(each for traces in hosts for each in missing_of(traces, begins))
    return Story(tuple(sorted(entries, key=lambda each: each.at)), begins, missing)


def _entries(traces: Traces) -> tuple[StoryEntry, ...]:
    found = tuple(sorted((entry for kind in _KINDS for entry in kind(traces)), key=lambda each: each.at))
    return tuple(msgspec.structs.replace(each, host=traces.host) for each in with_actors(traces, found))


def _usual(traces: Traces) -> float:
    """Return the time at which the boot before the present boot began, but at the earliest the time one week ago.  If
    no earlier boot is known, return the time one week ago."""
    week = traces.clock.now - WEEK_S
    boots = [each.begins for each in boots_of(traces)]
    return max(week, boots[-2] if len(boots) > 1 else week)


def read_at(evidence: tuple[Evidence, ...]) -> float:
    """Return the time at which the last of the hosts was read, in seconds since the epoch."""
    return max((traces_of(each).clock.now for each in evidence), default=0.0)
