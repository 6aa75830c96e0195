"""The relevant commands of cron and at, and the relevant lines of the scripts that these commands call."""

import re
from collections.abc import Iterator

import msgspec

from hairpin.host.managers import HIDDEN
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.story.commands.deeds import effect_of_command
from hairpin.story.entry import Actor, Effect, StoryEntry
from hairpin.story.traces import Traces, known_from

_CMD = re.compile(r"\((?P<user>[^)]+)\) CMD \((?P<command>.*)\)$", re.DOTALL)
_SCRIPT_LINE = re.compile(r"^(?P<path>/[^:]+):(?P<number>\d+):(?P<text>.*)$")
_SECOND = 1.0
"""The resolution of file times in traces, in seconds."""
_RUN_PARTS = re.compile(r"run-parts\s+(?:--\S+\s+)*(/\S+)")


class Job(msgspec.Struct, frozen=True):
    """A cron job that ran.  ``text``: the job's command.  ``lines``: the relevant lines of the script that the command
    calls."""

    at: float
    by: Actor
    text: str
    effect: Effect | None
    evidence: str
    lines: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """The job's command and the relevant lines of the script that it calls, as one list of commands."""
        return "; ".join((self.text, *self.lines))


@kept
def script_lines(traces: Traces) -> dict[str, tuple[str, ...]]:
    """Return the relevant lines of each script that cron, a timer or a person called, by the script's path."""
    found: dict[str, list[str]] = {}
    for key in ("trace-scripts", "boot-scripts"):
        for reading in traces.readings(key):
            for line in reading.text.split("\n"):
                told = _SCRIPT_LINE.match(line)
                if told is not None and not _is_comment(told["text"]):
                    found.setdefault(told["path"], []).append(told["text"].strip())
    return {path: tuple(dict.fromkeys(lines)) for path, lines in found.items()}


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith("#") and text != HIDDEN


def lines_called(traces: Traces, command: str, at: float) -> tuple[str, ...]:
    """Return the relevant lines of the scripts that the command called at the given time (seconds since the epoch).  If
    a script was written later, return a line with an unknown effect for each of its lines."""
    scripts = script_lines(traces)
    folder = _RUN_PARTS.search(command)
    return tuple(
        line if at >= known_from(traces, (path,)) - _SECOND else HIDDEN
        for path, lines in scripts.items()
        if re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w./-])", command)
        or (folder is not None and path.rpartition("/")[0] == folder[1].rstrip("/"))
        for line in lines
    )


class ScriptLines(msgspec.Struct, frozen=True):
    """The relevant commands of a script, a unit or a hook, in their order."""

    lines: tuple[str, ...]

    @property
    def effect(self) -> Effect | None:
        """The effect of all commands together; None if the commands change nothing in the network."""
        return effect_of_script("", self.lines)

    @property
    def whole(self) -> str:
        """All commands, as one list of commands."""
        return "; ".join(self.lines)


def effect_of_script(command: str, lines: tuple[str, ...]) -> Effect | None:
    """Return the effect of a command, or of the script that it calls.

    Return None if command and script change nothing in the network."""
    own = effect_of_command(command)
    if own is not None or not lines:
        return own
    changing = [line for line in lines if HIDDEN in line or effect_of_command(line) is not None]
    if not changing:
        return None
    if any(HIDDEN in line for line in changing):
        return Effect(commands=HIDDEN)
    return effect_of_command(changing[0]) if len(changing) == 1 else Effect(commands="; ".join(changing))


@kept
def jobs_of(traces: Traces) -> tuple[Job, ...]:
    """Return the jobs that change the network, the oldest job first."""
    found: list[Job] = []
    for line in traces.lines("trace-cron"):
        told = _CMD.search(line.message)
        if told is None:
            continue
        text = told["command"].strip()
        lines = lines_called(traces, text, line.at)
        effect = effect_of_script(text, lines)
        if effect is not None:
            actor = Actor("process", f"cron ({told['user']}): {text}", line.evidence)
            found.append(Job(line.at, actor, text, effect, line.evidence, lines))
    return tuple(found)


def cron_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each job.  A job that ran several times has two entries: for its first and for its last run.
    The entry for the last run also has the times of the runs between them."""
    folded: dict[tuple[str, Effect | None], list[Job]] = {}
    for job in jobs_of(traces):
        folded.setdefault((job.text, job.effect), []).append(job)
    for jobs in folded.values():
        between = tuple(each.at for each in jobs[1:-1])
        for job in (jobs[0], jobs[-1]) if len(jobs) > 1 else jobs:
            effect = job.effect if job.effect != Effect() else None
            said = (
                message("cron ran `{command}` for {user}", command=job.text, user=_user(job))
                if len(jobs) == 1
                else _numbered(job, len(jobs), is_first=job is jobs[0])
            )
            yield StoryEntry(
                at=job.at,
                kind="command",
                what=said,
                subject=job.text.split()[0] if job.text.split() else "cron",
                evidence=job.evidence,
                by=job.by,
                effect=effect,
                quote="; ".join(job.lines) or job.text,
                host=traces.host,
                before=between if job is not jobs[0] else (),
            )


def _numbered(job: Job, count: int, *, is_first: bool) -> Message:
    if is_first:
        return message(
            "cron ran `{command}` for {user}, for the first of {count} times", command=job.text, user=_user(job),
            count=count,
        )  # fmt: skip
    return message(
        "cron ran `{command}` for {user}, for the last of {count} times", command=job.text, user=_user(job), count=count
    )


def _user(job: Job) -> str:
    return job.by.name.removeprefix("cron (").partition(")")[0]
