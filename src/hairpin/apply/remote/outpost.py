"""The requests to ``apply.sh`` on another host: each over an ssh connection of its own."""

import pkgutil
import re
import secrets

import msgspec

from hairpin.apply.journal import FOLDER
from hairpin.apply.remote.frames import AnswerLine, Reply, reply, request
from hairpin.apply.remote.parcel import Files, act_files
from hairpin.carry.act import Act, Acting, Done, FileState
from hairpin.collect.run import Shell
from hairpin.errors import ApplyError, CollectError
from hairpin.message import Message, message, verbatim

BASE = str(FOLDER)
"""As on this host: a hairpin there shares the lock."""
_QUICK_S, _CARRY_S = 90.0, 900.0
# The program is read line by line up to its end: what comes behind it on standard input is the request.  No login shell
# of the host finds a line end or an exclamation mark in these words.
_START = (
    'n=$(printf "\\nx"); n=${n%x}; PROGRAM=; while IFS= read -r l; do case $l in "#end") break ;; esac; '
    'PROGRAM=$PROGRAM$l$n; done; eval "$PROGRAM"'
)
_MODE = re.compile(r"[-a-zA-Z]([-r])([-w])([-xsS])([-r])([-w])([-xsS])([-r])([-w])([-xtT])")


def program() -> bytes:
    """Return ``apply.sh`` as it is shipped."""
    data = pkgutil.get_data("hairpin.apply.remote", "apply.sh")
    assert data is not None
    return data


class Outpost(msgspec.Struct, frozen=True):
    """Another host.  ``destination``: as typed behind ``--host``; ``base``: the folder of the journal there."""

    shell: Shell
    destination: str
    base: str = BASE

    def ask(
        self, *words: str, files: Files | None = None, lines: tuple[str, ...] = (), limit_s: float = _QUICK_S
    ) -> Reply:
        """Return the answer.  Raises ApplyError if the host refuses, CollectError if it was not reached, or if the
        answer was cut."""
        token = secrets.token_hex(16)
        data = request(program(), token, self.base, words, files or {}, lines)
        answer = self.shell.talk(_START, ("ask",), data, limit_s)
        found = reply(answer.stdout, token, self.shell.name)
        if found.refused is not None:
            raise ApplyError(message("{name}: {why}", name=self.shell.name, why=_refusal(found.refused)))
        if not found.whole:
            raise CollectError(message("{name}: the connection broke before the answer ended", name=self.shell.name))
        return found

    def carry(self, plan: str, numbers: tuple[int, ...]) -> Reply:
        """Carry these tasks of the plan out, up to the first that fails."""
        return self.ask("carry", plan, *map(str, numbers), limit_s=_CARRY_S)

    def read(self, path: str) -> FileState | None:
        """Return a file of that host as it is now."""
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
        """Do every act in order; return the complaint, which is None when all was done."""
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
        return Done(int(status), printed, verbatim(said) if status != "0" else None)


def _payload(frame: AnswerLine) -> bytes:
    assert frame.payload is not None
    return frame.payload


def mode_bits(text: str) -> int:
    """Return the permission bits of ``-rwxr-xr-x``.  Source: ls(1), POSIX"""
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
            return message("{folder} can be written by others, so its journal is not trusted", folder=detail)
        case "space" | "folder":
            return message("the journal there cannot be written: {reason}", reason=detail)
        case _:
            return message("the request was not understood there: {request}", request=detail)
