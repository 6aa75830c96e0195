"""What a guard kept, as a trace: its rounds, with the changes of which the kernel told and who made them, and with the
causes that came and went.

The trace ``trace-guard`` has one JSON line for each run of a guard and for each of its rounds.  ``guard/memory.py``
keeps these lines, ``answer/guarded.py`` finds in them since when a cause is there, and ``guarded_entries`` makes
entries of a story from them.
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.story.entry import Actor, EntryKind, StoryEntry
from hairpin.story.traces import Traces, changed_files

KEY = "trace-guard"
_BURST_S = 60.0
"""Changes of the same part by the same program are one entry if each comes within this time after the one before."""
_WRITING_S = 2.0
"""The inode of a file has whole seconds."""


class Maker(msgspec.Struct, frozen=True, omit_defaults=True):
    """The process that made a change.  ``pid``: 0 if only its name is known.  ``unit``: the systemd unit or the
    container in whose control group it ran.  ``login``: the user id of its login; None for none.  ``exe``: the file of
    its program.  ``job``: what cron or a timer started.  ``session``: its terminal, and the ssh client's address."""

    pid: int
    name: str
    command: str = ""
    parents: tuple[str, ...] = ()
    unit: str = ""
    login: int | None = None
    exe: str = ""
    job: str = ""
    session: str = ""

    @property
    def told(self) -> str:
        """The process with its number, its unit or container, and the user of its login."""
        process = f"{self.name}[{self.pid}]" if self.pid else self.name
        further = ", ".join((*((self.unit,) if self.unit else ()), *((f"uid {self.login}",) if self.login else ())))
        return f"{process} ({further})" if further else process


class GuardedChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of which the kernel told.  ``at``: in seconds since the epoch.  ``by``: None if nobody is known."""

    part: str
    at: float
    detail: str = ""
    by: Maker | None = None


class GuardedCause(msgspec.Struct, frozen=True, order=True):
    """A cause that stops a flow: its id, and the thing that it is about, in words that stay the same from round to
    round."""

    id: str
    what: str


class GuardRun(msgspec.Struct, frozen=True, tag="guard", omit_defaults=True):
    """One run of a guard.  ``number``: counts the runs of this host.  ``began``, ``heard``, ``settled``: when it began,
    when it last said that it lives, and when it last waited for a change and heard none, in seconds since the epoch.
    ``blind``: the parts of the host that it cannot watch now."""

    number: int
    began: float
    heard: float
    settled: float = 0.0
    blind: tuple[str, ...] = ()


class GuardedRound(msgspec.Struct, frozen=True, tag="round", omit_defaults=True):
    """A round of a guard: a burst of changes, after which it read the host and held it against the expectations.

    ``at``, ``until``: when the reading began and when the round ended, in seconds since the epoch.  ``more``: how many
    changes of the burst are left out here.  ``came``, ``gone``: the causes that were not there in the round before, and
    those that are not there any more.  ``broken``: how many of the ``expectations`` were broken.  ``first``: whether it
    is the first round of the guard's run, whose causes are older.  ``failed``: whether the host could not be read or
    judged.  ``blind``: the parts of the host that the guard could not watch.  ``unmoved``: those of ``came`` whose own
    rule, setting or link was the same in the round before: something else let the packet meet it."""

    guard: int
    at: float
    until: float
    changes: tuple[GuardedChange, ...] = ()
    more: int = 0
    came: tuple[GuardedCause, ...] = ()
    gone: tuple[GuardedCause, ...] = ()
    first: bool = False
    failed: bool = False
    blind: tuple[str, ...] = ()
    unmoved: tuple[GuardedCause, ...] = ()
    broken: int = 0
    expectations: int = 0


Line = GuardRun | GuardedRound


def lines_text(lines: Iterable[Line]) -> str:
    """Return the text of the trace."""
    return "".join(f"{msgspec.json.encode(each).decode()}\n" for each in lines)


class Guarded(msgspec.Struct, frozen=True):
    """What the guards of a host kept: their runs and their rounds, the oldest first.  ``evidence``: the reading."""

    runs: tuple[GuardRun, ...] = ()
    rounds: tuple[GuardedRound, ...] = ()
    evidence: str = ""


@kept
def guarded_of(traces: Traces) -> Guarded:
    """Return what the guards of the host kept.  A line that no guard of this version wrote is left out."""
    runs: list[GuardRun] = []
    rounds: list[GuardedRound] = []
    evidence = ""
    for reading in traces.readings(KEY):
        evidence = reading.id
        for line in reading.text.split("\n"):
            try:
                found = msgspec.json.decode(line, type=Line)
            except msgspec.DecodeError:
                continue
            if isinstance(found, GuardRun):
                runs.append(found)
            else:
                rounds.append(found)
    return Guarded(tuple(runs), tuple(rounds), evidence)


def entry_of(change: GuardedChange, evidence: str, host: str) -> StoryEntry:
    """Return the entry of one change."""
    kind, what = _entry_words(change)
    by = Actor("process", change.by.told, evidence) if change.by is not None else None
    quote = change.by.command if change.by is not None else ""
    subject = change.detail or change.part
    return StoryEntry(change.at, kind, what, subject, evidence, by=by, quote=quote, host=host)


def guarded_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for the changes that a guard saw, with who made them.  Changes of one part by one program that
    follow each other within a minute are one entry.  A file that the host's own traces tell of is left out: its entry
    has the guard's maker."""
    told = guarded_of(traces)
    bursts: dict[tuple[str, str, str], StoryEntry] = {}
    for each in sorted((one for found in told.rounds for one in found.changes), key=lambda one: one.at):
        if each.at < traces.clock.since or (each.part == "files" and _file_is_told(traces, each)):
            continue
        maker = each.by
        key = (each.part, each.detail if each.part in ("sysctls", "files") else "", _program(maker))
        before = bursts.get(key)
        if before is not None and each.at - (before.until or before.at) <= _BURST_S:
            bursts[key] = msgspec.structs.replace(before, until=each.at)
            continue
        if before is not None:
            yield before
        bursts[key] = entry_of(each, told.evidence, traces.host)
    yield from bursts.values()


def writer_of(traces: Traces, path: str, at: float) -> Actor | None:
    """Return the process that a guard saw write the file at this time; None if it saw none, or several."""
    told = guarded_of(traces)
    found = {
        each.by
        for one in told.rounds
        for each in one.changes
        if each.part == "files" and abs(each.at - at) <= _WRITING_S and _is_file(each.detail, path)
    }
    (maker,) = found if len(found) == 1 else (None,)
    return Actor("process", maker.told, told.evidence) if maker is not None else None


def _program(maker: Maker | None) -> str:
    return f"{maker.name} {maker.unit} {maker.login}" if maker is not None else ""


def _file_is_told(traces: Traces, change: GuardedChange) -> bool:
    return any(
        abs(each.placed - change.at) <= _WRITING_S and _is_file(change.detail, each.path)
        for each in changed_files(traces)
    )


def _is_file(detail: str, path: str) -> bool:
    """Return whether the detail of a change, a path or the name of a file, is this path's."""
    return detail == path if "/" in detail else bool(detail) and path.rpartition("/")[2] == detail


def _entry_words(change: GuardedChange) -> tuple[EntryKind, Message]:
    match change.part:
        case "rules":
            return "rules", message("rules were changed")
        case "sysctls":
            named = message("{setting} was written", setting=change.detail)
            return "sysctl", named if change.detail else message("a setting of the kernel was written")
        case "files":
            return "file", message("{path} was written", path=change.detail)
        case "links":
            named = message("the link {link} was changed", link=change.detail)
            return "kernel", named if change.detail else message("a link was made, changed or deleted")
        case "addresses":
            return "kernel", message("an address was added or deleted")
        case "routes":
            return "kernel", message("a route or a routing rule was added or deleted")
        case "unseen":
            return "kernel", message("more was changed than the kernel could tell the guard")
        case part:
            return "kernel", message("{part} changed", part=part)
