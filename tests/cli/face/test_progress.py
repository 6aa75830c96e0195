"""The line of progress: on a terminal only, and gone at the end."""

import io
import os
import pty
import select
from collections.abc import Generator
from contextlib import redirect_stderr
from types import SimpleNamespace
from typing import TextIO

import pytest

from hairpin.cli.face import progress as module
from hairpin.cli.face.output import words
from hairpin.cli.face.progress import progress
from hairpin.message import Message, message
from tests.waiting import wait_until

LAST = "#last"
WORK = message("reading the state of the host")
ANSWER = message("following the packets")


class Terminal:
    """A terminal.  Its screen shows what is written to ``stream``."""

    def __init__(self, stream: TextIO, screen: int) -> None:
        self.stream, self._screen, self._found = stream, screen, b""

    def shows(self, text: str) -> bool:
        """Wait until the screen shows the text."""
        return wait_until(lambda: text in self._read())

    def _read(self) -> str:
        while select.select((self._screen,), (), (), 0)[0]:
            self._found += os.read(self._screen, 1 << 16)
        return self._found.decode("utf-8", "ignore")

    @property
    def shown(self) -> str:
        """All that the screen shows: a last word of the test's own ends it."""
        self.stream.write(LAST)
        self.stream.flush()
        assert self.shows(LAST)
        return self._read().removesuffix(LAST)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Generator[Terminal]:
    """A terminal that a line of progress is written to often, in no time."""
    monkeypatch.setattr(module, "_EVERY_S", 0.01)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 0.0))
    monkeypatch.setenv("TERM", "xterm")
    screen, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor, not a path
        yield Terminal(stream, screen)
    os.close(screen)


def works_on(
    to: Terminal | TextIO | None, *works: Message, lang: str | None = "en", failure: type[BaseException] | None = None
) -> None:
    """Do the works.  On a terminal each takes until the screen shows it."""
    stream = to.stream if isinstance(to, Terminal) else to
    with redirect_stderr(stream), progress(lang) as tell:
        for each in works:
            tell(each)
            if isinstance(to, Terminal):
                assert to.shows(words(lang, to.stream)(each))
        if failure is not None:
            raise failure


def test_a_terminal_shows_the_work_at_hand_and_then_nothing(terminal: Terminal) -> None:
    works_on(terminal, WORK, ANSWER)
    shown = terminal.shown.split("\r\x1b[K")
    assert shown[:2] == ["", "reading the state of the host (0 s)"]
    assert shown[-2:] == ["following the packets (0 s)", ""]


def test_the_line_is_wiped_also_if_the_work_fails(terminal: Terminal) -> None:
    with pytest.raises(KeyboardInterrupt):
        works_on(terminal, WORK, failure=KeyboardInterrupt)
    assert terminal.shown.endswith("(0 s)\r\x1b[K")


def test_a_terminal_without_escape_sequences_keeps_one_line_for_each_work(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    works_on(terminal, WORK, ANSWER)
    assert terminal.shown == "reading the state of the host\r\nfollowing the packets\r\n"


def test_in_chinese(terminal: Terminal) -> None:
    works_on(terminal, WORK, lang="zh")
    assert "正在读取主机的状态 (0 s)" in terminal.shown


def test_quick_work_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EVERY_S", 60.0)
    works_on(terminal.stream, WORK)
    assert terminal.shown == ""


def test_what_is_no_terminal_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EVERY_S", 0.01)
    stream = io.StringIO()
    works_on(stream, WORK)
    works_on(None, WORK)
    assert stream.getvalue() == ""
