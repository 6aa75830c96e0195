"""A forked process that works in other namespaces, and answers by a pipe.  It dies with its parent."""

import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from hairpin.replica.run.netns import die_with

_GONE_S = 5.0
"""The time in seconds within which a killed process must end."""


class ProcessApart:
    """The process, as the parent process handles it."""

    def __init__(self, work: Callable[[int], None]) -> None:
        """Start the process.  ``work`` runs in it, and writes the answer to the descriptor of the pipe."""
        self._read, write = os.pipe()
        parent = os.getpid()
        self._is_reaped = False
        self._pid = os.fork()
        if self._pid == 0:
            with _Ending(write):
                os.close(self._read)
                die_with(parent)
                work(write)
        os.close(write)

    def answer(self, timeout_s: float) -> bytes:
        """Wait for the answer, and return it.  A process that does not write for that time is killed; the answer is
        then what it has written before."""
        data = bytearray()
        while True:
            ready, _, _ = select.select((self._read,), (), (), timeout_s)
            if not ready:
                self.end()
                break
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                self._reap()
                break
            data += chunk
        return bytes(data)

    def end(self) -> None:
        """Kill the process if it has not ended by itself, and wait until all processes that hold its pipe are gone."""
        if not self._is_reaped:
            os.kill(self._pid, signal.SIGKILL)
            until = time.monotonic() + _GONE_S
            while select.select((self._read,), (), (), max(0.0, until - time.monotonic()))[0]:
                if not os.read(self._read, 1 << 20):
                    break
            self._reap()

    def _reap(self) -> None:
        self._is_reaped = True
        os.close(self._read)
        os.waitpid(self._pid, 0)


@contextmanager
def without_interrupts() -> Generator[None]:
    """Block SIGINT in the ``with`` block and in the processes that it starts.

    Ctrl-C at a terminal sends SIGINT to all processes.  Only the parent process handles the signal, and it kills the
    other processes."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def send(write: int, data: bytes) -> None:
    """Write all of the data to the pipe."""
    view = memoryview(data)
    while view:
        view = view[os.write(write, view) :]


class _Ending:
    """Ends the process at the end of the ``with`` block, even after an error.  The forked process must not return to
    the caller's code."""

    def __init__(self, write: int) -> None:
        self._write = write

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                send(self._write, _in_one_line(error).encode())
        finally:
            os._exit(0 if error is None else 1)


def _in_one_line(error: BaseException) -> str:
    """Return the error and the source lines of its traceback, the innermost line first, as one line of text."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    came_through = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    said = " ".join("".join(traceback.format_exception_only(error)).split())
    return f"{said} ({came_through})"
