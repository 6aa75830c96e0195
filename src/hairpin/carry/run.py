"""The bare runner: does acts in the namespaces of this process, with a fixed environment and no shell."""

import os
import re
import stat
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import assert_never

from hairpin.carry.act import Act, Acting, Command, Done, FileState, Replace, ended_with, with_mode_and_owner
from hairpin.message import Message, message, verbatim

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_LIMIT_S = 60.0
_REFUSED, _LATE, _NOT_FOUND = 1, 124, 127
"""Exit statuses; the last two are those of timeout(1) and of a shell that finds no such program."""


_NAMES_PROGRAM = re.compile(r"(?:^|\s)(?:--mo(?:d|dp|dpr|dpro|dprob|dprobe)?(?=[=\s]|$)|-[^-\s]*M)")


def names_program(rule: str) -> bool:
    """Return whether a rule names a program that iptables would run: ``--modprobe PROGRAM``, ``-M``.

    getopt_long(3) also takes the long name abbreviated; quotes and backslashes hide none.  Source: iptables(8)"""
    return _NAMES_PROGRAM.search(re.sub(r"[\"'\\]", "", rule)) is not None


def carry_out(acting: Acting) -> Message | None:
    """Do every act in order; return the complaint, which is None when all was done."""
    try:
        act = next(acting)
        while True:
            act = acting.send(do(act))
    except StopIteration as ended:
        complaint: Message | None = ended.value
        return complaint


def do(act: Act) -> Done:
    """Do one act."""
    match act:
        case Command():
            return _run(act)
        case Replace():
            return _replace(act)
        case _:
            assert_never(act)


def _run(command: Command) -> Done:
    if "tables" in command.argv[0] and any(map(names_program, (*command.argv[1:], *command.text.split("\n")))):
        return Done(_REFUSED, complaint=message("{program} would run a program for this rule", program=command.argv[0]))
    try:
        done = subprocess.run(
            command.argv,
            input=command.text.encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
            env=_ENVIRONMENT,
            timeout=_LIMIT_S,
        )
    except FileNotFoundError:
        return Done(_NOT_FOUND, complaint=message("{program} is not installed", program=command.argv[0]))
    except subprocess.TimeoutExpired:
        return Done(
            _LATE,
            complaint=message(
                "{program} did not end within {seconds} s", program=command.argv[0], seconds=f"{_LIMIT_S:.0f}"
            ),
        )
    printed, said = (each.decode("utf-8", "replace") for each in (done.stdout, done.stderr))
    if not done.returncode:
        return Done(0, printed)
    complaint = verbatim(said.strip()) if said.strip() else ended_with(command, done.returncode)
    return Done(done.returncode, printed, complaint)


def _replace(act: Replace) -> Done:
    """Replace the file atomically: a reader sees the old or the new one.  A symbolic link stays; its target is
    replaced."""
    path = Path(os.path.realpath(act.path))
    try:
        found = state_of(path)
        if not _is(found, act.before):
            return Done(_REFUSED, complaint=_unlike(act.path))
        if act.after is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, with_mode_and_owner(act.after, found))
    except (OSError, UnicodeDecodeError) as error:
        return Done(_REFUSED, complaint=verbatim(f"{act.path}: {error}"))
    return Done(0)


def _unlike(path: str) -> Message:
    return message("{path} is not as expected: it was changed, made or deleted", path=path)


def state_of(path: Path) -> FileState | None:
    """Return content, mode and owner of a file; None when it is not there."""
    try:
        content = path.read_text("utf-8")
        status = path.stat()
    except FileNotFoundError:
        return None
    return FileState(content, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def _is(found: FileState | None, expected: FileState | None) -> bool:
    if found is None or expected is None:
        return found is expected
    asked = ((expected.mode, found.mode), (expected.uid, found.uid), (expected.gid, found.gid))
    return found.content == expected.content and all(wanted in (None, held) for wanted, held in asked)


def _write(path: Path, state: FileState) -> None:
    assert state.mode is not None
    assert state.uid is not None
    assert state.gid is not None
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with ExitStack() as cleanup:  # also after an interrupt
        cleanup.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(state.content)
            file.flush()
            os.fchown(file.fileno(), state.uid, state.gid)
            os.fchmod(file.fileno(), state.mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
