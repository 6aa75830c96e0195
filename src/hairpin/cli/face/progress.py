"""Shows a line about the present work on standard error, if standard error is a terminal and the work takes more than a
second."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hairpin.message import Message

_EVERY_S = 1.0
_WIPED = "\r\x1b[K"
"""Moves the cursor to the first column, and erases to the end of the line.  Source: console_codes(4)"""


@contextmanager
def progress(lang: str | None) -> "Generator[Callable[[Message], None]]":
    """Yield a function by which the caller names the present work.  After a second, and then every second, a line shows
    this work and its time.  At the end the line is erased."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _work: None
        return
    line = _Line(lang)
    line.start()
    try:
        yield line.name_work
    finally:
        line.end()


class _Line(threading.Thread):
    """The progress line, which a separate thread writes.  A terminal without escape sequences gets one line for each
    piece of work, and these lines are not erased."""

    def __init__(self, lang: str | None) -> None:
        from hairpin.cli.face.environment import environment
        from hairpin.cli.face.output import words

        super().__init__(daemon=True)
        # The thread imports no module.  A process of a replica that is forked during an import would inherit the import
        # lock.
        self._words = words(lang, sys.stderr)
        self._plain = environment().plain_terminal
        self._work: Message | None = None
        self._shown: Message | None = None
        self._ended = threading.Event()

    def name_work(self, work: "Message") -> None:
        self._work = work

    def run(self) -> None:
        from hairpin.cli.face.output import whisper

        begun = time.monotonic()
        while not self._ended.wait(_EVERY_S):
            work = self._work
            if work is None or (self._plain and work is self._shown):
                continue
            text = self._words(work)
            whisper(f"{text}\n" if self._plain else f"{_WIPED}{text} ({time.monotonic() - begun:.0f} s)")
            self._shown = work

    def end(self) -> None:
        from hairpin.cli.face.output import whisper

        self._ended.set()
        self.join()
        if self._shown is not None and not self._plain:
            whisper(_WIPED)
