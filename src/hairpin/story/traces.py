"""The traces of one host: the host's clock, its log lines with corrected times, and the times at which configuration
files changed, from the files' inodes."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.evidence.reading import Evidence, Reading
from hairpin.kept import kept
from hairpin.story.clock import HostClock, clock_of, number
from hairpin.story.line import Line, lines_of

JUMP_S = 3.0
"""The smallest jump of a clock that is reported.  A smaller jump is a normal correction."""


class Traces(msgspec.Struct, frozen=True, dict=True):
    """The evidence of one host, and its clock."""

    evidence: Evidence
    clock: HostClock

    @property
    def host(self) -> str:
        """The label of the host."""
        return self.evidence.name

    def readings(self, key: str) -> Iterator[Reading]:
        """Yield the readings with the key that have a text."""
        for reading in self.evidence.readings:
            if reading.key == key and reading.outcome == "text":
                yield reading

    def lines(self, *keys: str) -> tuple[Line, ...]:
        """Return the lines of the named logs and of syslog's files, the oldest line first, with corrected times."""
        jumps = boot_offsets(self)
        told = _all_lines(self)
        found = [_corrected(line, jumps) for key in (*keys, "trace-syslog") for line in told[key]]
        return tuple(sorted((each for each in found if each.at >= self.clock.since), key=lambda each: each.at))


def traces_of(evidence: Evidence) -> Traces:
    """Return the traces of a host."""
    return Traces(evidence, clock_of(evidence))


_LOGS = ("trace-units", "trace-engines", "trace-firewalls", "trace-kernel", "trace-logins", "trace-cron")


@kept
def boot_offsets(traces: Traces) -> dict[str, tuple[tuple[float, float, str], ...]]:
    """Return for each boot in the journal the settings of the clock.

    The first setting of a boot is the clock's setting at the boot's begin.  A setting consists of the uptime, the time
    at uptime 0 in seconds since the epoch, and the id of the reading."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    lines = [each for told in _all_lines(traces).values() for each in told if each.boot and each.uptime is not None]
    for line in sorted(lines, key=lambda each: each.uptime or 0.0):
        offset = line.at - (line.uptime or 0.0)
        told = found.setdefault(line.boot, [])
        if not told or abs(offset - told[-1][1]) > JUMP_S:
            told.append((line.uptime or 0.0, offset, line.evidence))
    return {boot: tuple(told) for boot, told in found.items()}


def _corrected(line: Line, jumps: dict[str, tuple[tuple[float, float, str], ...]]) -> Line:
    """Return the line with its time corrected by the jumps of the clock that happened later in the same boot."""
    told = jumps.get(line.boot, ())
    if len(told) < 2 or line.uptime is None:
        return line
    return msgspec.structs.replace(line, at=told[-1][1] + line.uptime)


@kept
def _all_lines(traces: Traces) -> dict[str, tuple[Line, ...]]:
    """Return the lines of each log, by the key of its readings.  Lines of syslog that the journal also contains are
    left out."""
    begins = traces.clock.journal_begins
    found: dict[str, tuple[Line, ...]] = {}
    for key in (*_LOGS, "trace-syslog"):
        lines = [line for reading in traces.readings(key) for line in lines_of(reading, traces.clock)]
        found[key] = tuple(each for each in lines if key != "trace-syslog" or begins is None or each.at < begins)
    return found


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
