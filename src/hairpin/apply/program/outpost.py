"""The requests to ``apply.sh``.

On this host a shell runs ``apply.sh``.  Each request to another host has its own ssh connection."""

import os
import pkgutil
import re
import secrets
from functools import cache
from pathlib import Path

import msgspec

from hairpin.apply.program.frames import AnswerLine, Reply, reply, request
from hairpin.apply.program.parcel import Files, act_files
from hairpin.apply.ready import read_file
from hairpin.carry.act import Act, Acting, Done, FileState
from hairpin.carry.run import SEARCH_PATH
from hairpin.collect.run import LocalRunner, Shell
from hairpin.errors import ApplyError, CollectError, JournalError
from hairpin.message import Message, message, verbatim

FOLDER = Path("/var/lib/hairpin")
"""The folder of the journal on each host."""
_QUICK_S, _CARRY_S = 90.0, 900.0
_ENVIRONMENT = (
    ("PATH", SEARCH_PATH),
    ("LC_ALL", "C"),
    ("HAIRPIN_TOOLS", os.environ.get("HAIRPIN_TOOLS", "")),  # says that this is hairpin's image
)
# The shell reads the program line by line up to ``#end``.  The request follows the program on standard input.  The
# command that starts the shell has no line end and no exclamation mark.  Therefore every login shell passes the command
# on unchanged.
_START = (
    'n=$(printf "\\nx"); n=${n%x}; PROGRAM=; while IFS= read -r l; do case $l in "#end") break ;; esac; '
    'PROGRAM=$PROGRAM$l$n; done; eval "$PROGRAM"'
)
_START_HERE = 'PROGRAM=$3; eval "$PROGRAM"'
_MODE = re.compile(r"[-a-zA-Z]([-r])([-w])([-xsS])([-r])([-w])([-xsS])([-r])([-w])([-xtT])")


@cache
def program() -> bytes:
    """Return ``apply.sh`` as it is shipped."""
    data = pkgutil.get_data("hairpin.apply.program", "apply.sh")
    assert data is not None
    return data


class Outpost(msgspec.Struct, frozen=True):
    """A host to which requests are sent.  ``destination``: the word after ``--host``; empty for this host.  ``base``:
    the folder of the host's journal."""

    shell: Shell
    destination: str
    base: str = str(FOLDER)

    @property
    def is_here(self) -> bool:
        """Whether the outpost is on this host."""
        return not self.destination

    @property
    def carrier(self) -> str:
        """The name of this process in requests: its process id if the outpost is on this host, or ``-`` if the outpost
        is on another host."""
        return str(os.getpid()) if self.is_here else "-"

    def ask(
        self, *words: str, files: Files | None = None, lines: tuple[str, ...] = (), limit_s: float = _QUICK_S
    ) -> Reply:
        """Send the request, and return the answer.  Raises ApplyError if the host refuses the request, and CollectError
        if the host cannot be reached or the answer is incomplete."""
        token = secrets.token_hex(16)
        if self.is_here:
            data = request(b"", token, self.base, words, files or {}, lines)
            answer = self.shell.talk(_START_HERE, ("ask", "", program().decode()), data, limit_s)
        else:
            data = request(program(), token, self.base, words, files or {}, lines)
            answer = self.shell.talk(_START, ("ask",), data, limit_s)
        found = reply(answer.stdout, token, self.shell.name)
        if found.refused is not None and self.is_here:
            raise _refused_here(found.refused)
        if found.refused is not None:
            raise ApplyError(message("{name}: {why}", name=self.shell.name, why=_refusal(found.refused)))
        if not found.whole:
            raise CollectError(message("{name}: the connection broke before the answer ended", name=self.shell.name))
        return found

    def carry(self, plan: str, numbers: tuple[int, ...]) -> Reply:
        """Let the host carry out the tasks with these numbers until one fails, and return its answer."""
        return self.ask("carry", plan, *map(str, numbers), limit_s=_CARRY_S)

    def confirm(self, plan: str, seconds: int, numbers: tuple[int, ...]) -> Reply:
        """Let the host disarm the plan's switch, which would take the plan back, and carry out the lasting tasks with
        these numbers."""
        return self.ask("confirm", plan, str(seconds), self.carrier, *map(str, numbers), limit_s=_CARRY_S)

    def read(self, path: str) -> FileState | None:
        """Return a file of the host as it is now."""
        if self.is_here:
            return read_file(path)
        frames = self.ask("read", lines=(path,)).frames
        said = frames[0].fields
        if said[0] == "absent":
            return None
        if said[0] != "there":
            raise ApplyError(message("{path} cannot be read there", path=path))
        _, mode, uid, gid = said
        try:
            content = _payload(frames[1]).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ApplyError(verbatim(f"{path}: {error}")) from error
        return FileState(content, mode_bits(mode), int(uid), int(gid))

    def carry_out(self, plan: str, acting: Acting) -> Message | None:
        """Let the host do the acts in order until one fails; return why it failed, or None."""
        try:
            act = next(acting)
            while True:
                act = acting.send(self._do(plan, act))
        except StopIteration as ended:
            complaint: Message | None = ended.value
            return complaint

    def _do(self, plan: str, act: Act) -> Done:
        frames = self.ask("act", plan, files=dict(act_files("1.do.1", act))).frames
        status, said = frames[0].fields
        printed = _payload(frames[1]).decode("utf-8", "replace")
        return Done(int(status), printed, as_message(said) if status != "0" else None)


def here(folder: Path | None = None) -> Outpost:
    """Return the outpost on this host.  ``folder``: the folder of this host's journal."""
    return Outpost(LocalRunner(environment=_ENVIRONMENT), "", str(folder or FOLDER))


_TOLD = (
    message("{complaint} Its last line: {line}"),
    message("{program} ended with status {status}"),
    message("{program} is not installed"),
    message("{program} did not end within {seconds} s"),
    message("{path} is not as expected: somebody has changed, created or deleted it"),
    message("{path} is on a file system that is mounted read-only"),
    message("the file system of {path} is full, so the file is left as it is"),
)
"""The sentences that ``apply.sh`` prints in English.  The sentences are listed here so that they can be translated."""


def as_message(said: str) -> Message:
    """Return the program's sentence as a message; a command's own words stay verbatim."""
    for each in _TOLD:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(each.template))
        found = re.fullmatch(pattern, said)
        if found is not None:
            return each.filled(**found.groupdict())
    return verbatim(said)


def _refused_here(said: tuple[str, ...]) -> ApplyError:
    """Return the error for a request that this host refused."""
    match said:
        case ("not-root",):
            return ApplyError(message("only root can change this host; run it with sudo"))
        case ("locked" | "busy" | "under-way" | "half-done", *_):
            return ApplyError(message("another hairpin changes this host at this moment; try again"))
        case ("no-plan", plan):
            return ApplyError(message("no plan {plan} in the journal; `hairpin undo --list` names them", plan=plan))
        case ("foreign", *_):
            return JournalError(_refusal(said))
        case ("space" | "folder", folder, *why):
            said_why = " ".join(why)
            return JournalError(
                message("the journal in {folder} cannot be used: {reason}", folder=folder, reason=said_why)
            )
        case _:
            return ApplyError(_refusal(said))


def _payload(frame: AnswerLine) -> bytes:
    assert frame.payload is not None
    return frame.payload


def mode_bits(text: str) -> int:
    """Return the permission bits of a text such as ``-rwxr-xr-x``.  Source: ls(1), POSIX"""
    found = _MODE.match(text)
    assert found is not None, text
    bits = 0
    for letter in found.groups():
        bits = bits << 1 | (letter in "rwxst")
    special = (found[3] in "sS") << 2 | (found[6] in "sS") << 1 | (found[9] in "tT")
    return special << 9 | bits


def _refusal(said: tuple[str, ...]) -> Message:
    what, *rest = said
    detail = " ".join(rest)
    match what:
        case "not-root":
            return message("only root can change that host; log in as root, or allow sudo without a password")
        case "locked" | "busy":
            return message("another hairpin changes that host at this moment; try again")
        case "under-way":
            return message("plan {plan} is under way there; try again when it has ended", plan=rest[0])
        case "half-done":
            return message("plan {plan} was interrupted there; the next command settles it", plan=rest[0])
        case "ended":
            return message("the plan is being taken back by another process")
        case "no-plan":
            return message("no plan {plan} in the journal there; `hairpin undo --list` names them", plan=detail)
        case "foreign":
            return message("other users can write to {folder}, so hairpin does not trust its journal", folder=detail)
        case "missing":
            return message("{program} is not installed, so nothing was done", program=detail)
        case "backups":
            folder, *why = rest
            return message(
                "the earlier state cannot be saved in {folder}: {reason}", folder=folder, reason=" ".join(why)
            )
        case "space" | "folder":
            return message("the journal there cannot be written: {reason}", reason=detail)
        case _:
            return message("the request was not understood there: {request}", request=detail)
