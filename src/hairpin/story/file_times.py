"""When files of the configuration were changed, by their own times."""

import re
from collections.abc import Iterable

import msgspec

from hairpin.kept import kept
from hairpin.story.clock import number
from hairpin.story.traces import Traces

_STAT = re.compile(r"^(?P<mtime>\d+) (?P<ctime>\d+) \d+ (?P<user>\S+) (?P<path>/.+)$")
_OWNER = re.compile(r"^owner (?P<package>[^ :]+)\S* (?P<path>/.+)$")


class ChangedFile(msgspec.Struct, frozen=True):
    """``written``: when its content was written, ``placed``: when its content, name, owner or mode was changed, seconds
    since the epoch.  ``package``: the one that it is of; empty: none, or not told."""

    path: str
    written: float
    placed: float
    package: str
    evidence: str


@kept
def changed_files(traces: Traces) -> tuple[ChangedFile, ...]:
    """Return the files that have changed since the traces' begin."""
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
    """Return from when on these files say what they say now, in seconds since the epoch: what they said before they
    were written is not known."""
    wanted = frozenset(paths)
    return max((each.written for each in changed_files(traces) if each.path in wanted), default=0.0)
