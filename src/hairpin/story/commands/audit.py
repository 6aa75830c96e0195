"""The audit log's entries: programs that people ran, and changes of rules."""

import re
import shlex
from collections.abc import Iterator

import msgspec

from hairpin.host.managers import HIDDEN
from hairpin.kept import kept
from hairpin.message import message
from hairpin.story.clock import number
from hairpin.story.commands.deeds import effect_of_command
from hairpin.story.commands.people import commands_of
from hairpin.story.entry import Actor, Effect, StoryEntry
from hairpin.story.traces import Traces

_RECORD = re.compile(r"^type=(?P<type>\w+) msg=audit\((?P<at>\d+\.\d+):(?P<number>\d+)\): (?P<rest>.*)$")
_FIELD = re.compile(r"(?P<name>[A-Za-z_0-9-]+)=(?P<value>\"[^\"]*\"|\S+)")
_NOBODY = ("", "4294967295", "-1", "unset")
_SAME_S = 5.0
_BURST_S = 60.0


class AuditedCommand(msgspec.Struct, frozen=True):
    """A program that a logged-in person ran.  ``person``: the user that logged in."""

    at: float
    person: str
    text: str
    evidence: str


@kept
def audited_commands(traces: Traces) -> tuple[AuditedCommand, ...]:
    """Return the commands of people in the audit log, the oldest command first.

    Commands of daemons are left out, because they belong to no login."""
    found: list[AuditedCommand] = []
    callers: dict[str, str] = {}
    for kind, at, key, fields, evidence in _records(traces):
        if kind == "SYSCALL":
            user = fields.get("AUID", "") or fields.get("auid", "")
            callers[key] = "" if fields.get("auid", "") in _NOBODY else user
        elif kind == "EXECVE" and callers.get(key):
            words = [fields[name] for n in range(64) if (name := f"a{n}") in fields]
            text = " ".join(words) if HIDDEN in words else shlex.join(words)
            tty = fields.get("tty", "")
            found.append(AuditedCommand(at, f"{callers[key]} ({tty})" if tty else _named(callers[key]), text, evidence))
    return tuple(sorted(found, key=lambda each: each.at))


def _named(user: str) -> str:
    return f"uid {user}" if user.isdecimal() else user


def _records(traces: Traces) -> Iterator[tuple[str, float, str, dict[str, str], str]]:
    for reading in traces.readings("trace-audit"):
        for line in reading.text.split("\n"):
            told = _RECORD.match(line)
            at = number(told["at"]) if told is not None else None
            if told is not None and at is not None:
                fields = {each["name"]: _plain(each["name"], each["value"]) for each in _FIELD.finditer(told["rest"])}
                yield told["type"], at, f"{told['at']}:{told['number']}", fields, reading.id


def _plain(name: str, value: str) -> str:
    """Return the value as plain text.  The audit log writes arguments with special characters in hexadecimal.  Source:
    auditd's audit_log_untrustedstring()"""
    if value.startswith('"'):
        return value.strip('"')
    if re.fullmatch(r"a\d+", name) and re.fullmatch(r"(?:[0-9A-F]{2})+", value):
        return bytes.fromhex(value).decode("utf-8", "replace")
    return value


def audit_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield entries for the commands that change the host and are not in sudo's log, and for the changes of rules."""
    told = commands_of(traces)
    for command in audited_commands(traces):
        effect = effect_of_command(command.text)
        known = any(abs(each.at - command.at) <= _SAME_S and _alike(each.text, command.text) for each in told)
        if effect is None or known:
            continue
        yield StoryEntry(
            at=command.at,
            kind="command",
            what=message("{person} ran `{command}`", person=command.person, command=command.text),
            subject=command.text.partition(" ")[0].rpartition("/")[2],
            evidence=command.evidence,
            by=Actor("person", command.person, command.evidence),
            effect=effect if effect != Effect() else None,
            quote=command.text,
            host=traces.host,
        )
    yield from _rule_changes(traces)


def _alike(one: str, other: str) -> bool:
    first, second = one.split(), other.split()
    return first[1:] == second[1:] and first[:1] != [] and first[0].rpartition("/")[2] == second[0].rpartition("/")[2]


def _rule_changes(traces: Traces) -> Iterator[StoryEntry]:
    """Yield entries for the changes of rules, each with the program that made the changes.

    Changes of one program are one entry if each comes within a minute after the one before it."""
    bursts: dict[str, StoryEntry] = {}
    for kind, at, _, fields, evidence in _records(traces):
        if kind != "NETFILTER_CFG":
            continue
        program = fields.get("comm", "a program")
        before = bursts.get(program)
        if before is not None and at - (before.until or before.at) <= _BURST_S:
            bursts[program] = msgspec.structs.replace(before, until=at)
            continue
        if before is not None:
            yield before
        process = f"{program}[{fields['pid']}]" if "pid" in fields else program
        bursts[program] = StoryEntry(
            at=at,
            kind="rules",
            what=message("{process} changed rules", process=process),
            subject=fields.get("table", "").partition(":")[0] or program,
            evidence=evidence,
            by=Actor("process", process, evidence),
            host=traces.host,
        )
    yield from bursts.values()
