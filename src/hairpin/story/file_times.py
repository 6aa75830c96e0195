"""Finds the times at which configuration files changed, from the files' inodes."""

import re
from collections.abc import Iterable

import msgspec

from hairpin.kept import kept
from hairpin.story.clock import number
from hairpin.story.traces import Traces

_STAT = re.compile(r"^(?P<mtime>\d+) (?P<ctime>\d+) \d+ (?P<user>\S+) (?P<path>/.+)$")
_OWNER = re.compile(r"^owner (?P<package>[^ :]+)\S* (?P<path>/.+)$")


class ChangedFile(msgspec.Struct, frozen=True):
    """A file that changed.  ``written``: the time of the last change of the file's content.  ``placed``: the time of
    the last change of its content, name, owner or mode.  ``written`` and ``placed`` are in seconds since the epoch.
    ``package``: the package that contains the file; empty if no package contains it, or if the package is unknown."""

    path: str
    written: float
    placed: float
    package: str
    evidence: str


@kept
def changed_files(traces: Traces) -> tuple[ChangedFile, ...]:
    """Return the files that changed in the time that the traces cover."""
    found: list[ChangedFile] = []
    for reading in traces.readings("trace-files"):
        lines = reading.text.split("\n")
        owners = {told["path"]: told["package"] for line in lines if (told := _OWNER.match(line)) is not None}
        for line in lines:
            told = _STAT.match(line)
            written, placed = (number(told["mtime"]), number(told["ctime"])) if told is not None else (None, None)
            if told is not None and written is not None and placed is not None:
                path = told["path"]
                found.append(ChangedFile(path, written, placed, owners.get(path, ""), reading.id))
    return tuple(sorted(found, key=lambda each: each.placed))


def known_from(traces: Traces, paths: Iterable[str]) -> float:
    """Return the time since which the given files have their present content, in seconds since the epoch.  The earlier
    content of the files is unknown."""
    wanted = frozenset(paths)
    return max((each.written for each in changed_files(traces) if each.path in wanted), default=0.0)
