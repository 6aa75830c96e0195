"""Logins, and the commands that people ran by sudo, su, doas or pkexec."""

import math
import re
from collections.abc import Iterator

import msgspec

from hairpin.kept import kept
from hairpin.message import message
from hairpin.story.commands.cron import effect_of_script, lines_called
from hairpin.story.commands.deeds import configuration_tool
from hairpin.story.commands.simple_commands import command_line, is_shell
from hairpin.story.entry import Actor, Effect, StoryEntry
from hairpin.story.traces import Traces

_ACCEPTED = re.compile(r"Accepted (?P<how>\S+) for (?P<user>\S+) from (?P<address>\S+) port \d+")
_DROPBEAR = re.compile(r"(?:Pubkey|Password) auth succeeded for '(?P<user>[^']+)'.* from (?P<address>\S+):\d+$")
_CLOSED = re.compile(r"session closed for user (?P<user>\S+)")
_SUDO = re.compile(
    r"\s*(?P<user>\S+) : (?:(?P<refused>command not allowed|[^;=]*incorrect password[^;]*) ; )?"
    r"(?:HOST=\S+ ; )?(?:TTY=(?P<tty>\S+) ; )?PWD=(?P<pwd>.*?) ; (?:USER=(?P<as>\S+) ; )?(?:.* ; )?"
    r"COMMAND=(?P<command>.*)",
    re.DOTALL,
)
_DOAS = re.compile(r"(?P<user>\S+) ran command (?P<command>.*?) as (?P<as>\S+) from (?P<pwd>\S+)")
_PKEXEC = re.compile(r"(?P<user>\S+): Executing command .*\[TTY=(?P<tty>[^\]]*)\].*\[COMMAND=(?P<command>[^\]]*)\]")
_BECAME = re.compile(r"\(su(?:-l)?:session\): session opened for user (?P<as>\w+)(?:\(uid=\d+\))? by (?P<user>\w*)")
_LEFT = re.compile(r"\((?:sudo-i|su|su-l):session\): session closed for user root")
_ANSIBLE = "Ansible: "
_ROOT = frozenset({"", "root", "#0"})
_PLAY_S = 120.0
"""The greatest gap in seconds between two runs of a configuration tool's modules that are joined in one entry."""


class Login(msgspec.Struct, frozen=True):
    """A login over ssh.  ``until``: the end of the login's session; None if no trace shows it."""

    user: str
    address: str
    how: str
    at: float
    until: float | None
    evidence: str


class Command(msgspec.Struct, frozen=True):
    """A command that a person ran as root.

    ``effect``: None if the command changes nothing in the network.  ``is_shell``: whether the command opened a shell.
    ``until``: the time at which the shell ended; None if no trace shows it.  ``tool``: the configuration tool that ran
    the command, with its module; empty if no such tool ran the command."""

    at: float
    by: Actor
    text: str
    effect: Effect | None
    evidence: str
    is_shell: bool = False
    until: float | None = None
    tool: str = ""


@kept
def logins_of(traces: Traces) -> tuple[Login, ...]:
    """Return the logins over ssh, the oldest login first."""
    found: list[Login] = []
    open_: dict[tuple[str, str], int] = {}
    for line in traces.lines("trace-logins"):
        accepted = _ACCEPTED.search(line.message) or _DROPBEAR.search(line.message)
        if accepted is not None:
            open_[line.pid, accepted["user"]] = len(found)
            how = accepted.groupdict().get("how") or "password"
            found.append(Login(accepted["user"], accepted["address"], how, line.at, None, line.evidence))
            continue
        closed = _CLOSED.search(line.message)
        index = open_.pop((line.pid, closed["user"]), None) if closed is not None else None
        if index is not None:
            found[index] = msgspec.structs.replace(found[index], until=line.at)
    return tuple(found)


@kept
def commands_of(traces: Traces) -> tuple[Command, ...]:
    """Return the commands that people ran as root, the oldest command first."""
    found: list[Command] = []
    shells: dict[str, int] = {}
    for line in traces.lines("trace-logins"):
        if line.pid in shells and _LEFT.search(line.message):
            place = shells.pop(line.pid)
            found[place] = msgspec.structs.replace(found[place], until=line.at)
        typed = _typed(line.program, line.message)
        if typed is None or typed.groupdict().get("refused"):
            continue
        user, tty = typed["user"], typed.groupdict().get("tty") or ""
        actor = Actor("person", _person(traces, user, tty, line.at), line.evidence)
        text = typed["command"].strip()
        opens = is_shell(text) and (typed.groupdict().get("as") or "") in _ROOT
        if opens and line.pid:
            shells[line.pid] = len(found)
        tool = next((said for each in command_line(text).commands if (said := configuration_tool(each))), "")
        effect = effect_of_script(text, lines_called(traces, text, line.at))
        found.append(Command(line.at, actor, text, effect, line.evidence, opens, tool=tool))
    return tuple(found)


def _typed(program: str, said: str) -> re.Match[str] | None:
    match program:
        case "sudo":
            return _SUDO.match(said)
        case "doas":
            return _DOAS.search(said)
        case "pkexec":
            return _PKEXEC.search(said)
        case _:
            return None


def _person(traces: Traces, user: str, tty: str, at: float) -> str:
    """Return the user's name with the terminal.  If all logins of the user came from one address, this address is
    added."""
    addresses = {
        each.address
        for each in logins_of(traces)
        if each.user == user and each.at <= at and (each.until is None or at <= each.until + 1.0)
    }
    known = [
        each for each in (tty.removeprefix("/dev/"), *(addresses if len(addresses) == 1 else ())) if each != "unknown"
    ]
    return f"{user} ({', '.join(filter(None, known))})" if any(known) else user


def people_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield entries for the commands of people that change the host, and for their root shells.

    If the log of a unit shows a start or stop that a command caused, the unit's entry has the command's effect: see
    ``actors``."""
    for command in commands_of(traces):
        if command.is_shell:
            yield _shell_entry(command, traces.host)
        elif command.effect is not None and not command.tool.startswith(_ANSIBLE):
            yield command_entry(command, traces.host)
    yield from _plays(traces)
    for line in traces.lines("trace-logins"):
        became = _BECAME.search(line.message)
        if (
            became is not None
            and line.program == "su"
            and became["as"] == "root"
            and became["user"] not in ("", "root")
        ):
            actor = Actor("person", _person(traces, became["user"], "", line.at), line.evidence)
            yield StoryEntry(
                at=line.at,
                kind="login",
                what=message(
                    "{person} became root with su; the commands after that were not logged", person=actor.name
                ),
                subject=became["user"],
                evidence=line.evidence,
                by=actor,
                quote=line.message,
                host=traces.host,
            )
    for login in logins_of(traces):
        if login.user == "root":
            yield StoryEntry(
                at=login.at,
                kind="login",
                what=message(
                    "root logged in from {address}; the commands of this login were not logged", address=login.address
                ),
                subject="root",
                evidence=login.evidence,
                until=login.until,
                by=Actor("person", f"root ({login.address})", login.evidence),
                host=traces.host,
            )


def _shell_entry(command: Command, host: str) -> StoryEntry:
    said = message("{person} opened a root shell; the commands in it were not logged", person=command.by.name)
    if command.until is not None:
        said = message(
            "{person} had a root shell for {minutes} min; the commands in it were not logged",
            person=command.by.name, minutes=math.ceil((command.until - command.at) / 60),
        )  # fmt: skip
    return StoryEntry(
        at=command.at,
        kind="login",
        what=said,
        subject=command.by.name.partition(" ")[0],
        evidence=command.evidence,
        until=command.until,
        by=command.by,
        quote=command.text,
        host=host,
    )


def _plays(traces: Traces) -> Iterator[StoryEntry]:
    """Yield entries for the runs of Ansible.  Ansible runs each module by a separate sudo, without readable
    arguments."""
    runs = [each for each in commands_of(traces) if each.tool.startswith(_ANSIBLE) and each.effect is not None]
    while runs:
        first = runs[0]
        play = [first]
        for each in runs[1:]:
            if each.by.name == first.by.name and each.at - play[-1].at <= _PLAY_S:
                play.append(each)
        runs = [each for each in runs if each not in play]
        modules = dict.fromkeys(each.tool.removeprefix(_ANSIBLE) for each in play)
        yield StoryEntry(
            at=first.at,
            kind="command",
            what=message(
                "{person} ran Ansible as root, modules {modules}; the arguments of the modules were not logged",
                person=first.by.name, modules=", ".join(modules),
            ),
            subject="ansible",
            evidence=first.evidence,
            until=play[-1].at if len(play) > 1 else None,
            by=first.by,
            quote=first.text,
            host=traces.host,
        )  # fmt: skip


def command_entry(command: Command, host: str) -> StoryEntry:
    """Return the entry of a command."""
    effect = command.effect if command.effect != Effect() else None
    return StoryEntry(
        at=command.at,
        kind="command",
        what=message("{person} ran `{command}`", person=command.by.name, command=command.text),
        subject=command.text.split()[0].rpartition("/")[2] if command.text.split() else "",
        evidence=command.evidence,
        by=command.by,
        effect=effect,
        quote=command.text,
        host=host,
    )
