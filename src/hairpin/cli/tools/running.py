"""Runs a command of hairpin in a process of its own.

A process of its own can be ended when the client cancels the call.  It keeps what it prints away from the protocol, and
forks (``abreast``, replicas) without the server's threads.
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
"""The time in which an interrupted command ends its own processes, in seconds.  Then it is killed."""
_OUTSIDE = "/"
"""The folder in which the commands run, so that no word is taken for a file of the folder of the server."""


class Ran(NamedTuple):
    """A command that has ended.

    ``text``: standard output.  ``said``: standard error.  ``document``: the JSON document; empty if there is none."""

    status: int
    text: str
    said: str
    document: bytes


async def run_command(words: tuple[str, ...], fed: str | None) -> Ran:
    """Run ``hairpin WORDS`` and return what it printed.  ``fed``: what it reads from standard input.

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
    """Return a file for a command's output: in memory, since the disk of a broken host may be full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("hairpin", os.MFD_CLOEXEC), "w+b")
    return tempfile.TemporaryFile()


def _bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _text(file: BinaryIO) -> str:
    return _bytes(file).decode("utf-8", "replace")


def _this_hairpin() -> tuple[str, ...]:
    """Return the words that start this hairpin again.  ``-P``: no module is imported from the folder it is started
    in."""
    if Path(hairpin.__file__).is_file():
        return (sys.executable, "-P", "-m", "hairpin")
    return (sys.executable, str(Path(sys.argv[0]).resolve()))


def _environment() -> dict[str, str]:
    """Return the environment of a command: the server's, with hairpin's own package first."""
    package = Path(hairpin.__file__).parents[1]
    return os.environ | {"PYTHONUTF8": "1"} | ({"PYTHONPATH": str(package)} if package.is_dir() else {})
