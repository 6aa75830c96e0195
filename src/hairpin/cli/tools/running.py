"""Runs a command of hairpin in a process of its own.

If the client cancels the call, the server can end such a process.  The output of such a process does not get into the
protocol's stream.  If such a process forks (``events``, replicas), the server's threads are not in it.
"""

import os
import signal
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import anyio
from anyio.abc import Process

import hairpin

_GRACE_S = 3.0
"""The time, in seconds, that an interrupted command has to end its own processes.  After this time the command is
killed."""
_OUTSIDE = "/"
"""The folder in which the commands run.  The commands do not run in the server's folder, so no word is taken for a file
in that folder."""


class Ran(NamedTuple):
    """A command that has ended.

    ``text``: standard output.  ``said``: standard error.  ``document``: the JSON document; empty if the command wrote
    none."""

    status: int
    text: str
    said: str
    document: bytes


async def run_command(words: tuple[str, ...], fed: str | None) -> Ran:
    """Run ``hairpin WORDS`` and return the command's output.

    ``fed``: the text that the command reads from standard input.

    If the call is cancelled, the command and all its processes are ended."""
    with ExitStack() as opened:
        out, err, document, read = (opened.enter_context(_memory()) for _ in range(4))
        read.write((fed or "").encode("utf-8", "surrogatepass"))
        read.seek(0)
        command, *rest = words
        process = await anyio.open_process(
            (*_this_hairpin(), command, f"--document-fd={document.fileno()}", *rest),
            stdin=read,
            stdout=out,
            stderr=err,
            cwd=_OUTSIDE,
            env=_environment(),
            start_new_session=True,  # without a terminal, ssh asks for no password; and the group can be ended
            pass_fds=(document.fileno(),),
        )
        try:
            status = await process.wait()
        finally:
            if process.returncode is None:  # the call is cancelled
                with anyio.CancelScope(shield=True):
                    await _end(process)
        return Ran(status, _text(out), _text(err), _bytes(document))


async def _end(process: Process) -> None:
    """End a command and the processes that it has started."""
    _signal(process.pid, signal.SIGINT)
    with anyio.move_on_after(_GRACE_S):
        await process.wait()
    _signal(process.pid, signal.SIGKILL)
    await process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _memory() -> BinaryIO:
    """Return a file for a command's output.  The file is in memory, because the disk of a broken host may be full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("hairpin", os.MFD_CLOEXEC), "w+b")
    return tempfile.TemporaryFile()


def _bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _text(file: BinaryIO) -> str:
    return _bytes(file).decode("utf-8", "replace")


def _this_hairpin() -> tuple[str, ...]:
    """Return the words that start this hairpin again.  With ``-P``, Python imports no module from the folder in which
    it is started."""
    if Path(hairpin.__file__).is_file():
        return (sys.executable, "-P", "-m", "hairpin")
    return (sys.executable, str(Path(sys.argv[0]).resolve()))


def _environment() -> dict[str, str]:
    """Return the environment of a command: the server's environment, with the folder of hairpin's own package as
    PYTHONPATH."""
    package = Path(hairpin.__file__).parents[1]
    return os.environ | {"PYTHONUTF8": "1"} | ({"PYTHONPATH": str(package)} if package.is_dir() else {})
