"""Makes entries for changed configuration files, from the files' times, their packages, and the commands that name
them."""

import re
from collections.abc import Iterator

from hairpin.message import message
from hairpin.story.commands.packages import package_actor, package_runs
from hairpin.story.commands.people import commands_of
from hairpin.story.entry import Actor, StoryEntry
from hairpin.story.file_times import ChangedFile, changed_files
from hairpin.story.traces import Traces

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
    return None
