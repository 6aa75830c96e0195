"""Runs a guard: rounds, and those who follow each round."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

import hairpin
from hairpin.cli.docker.link import this_file
from hairpin.cli.expect import read_expectations
from hairpin.cli.face.asked import Asked, Shown
from hairpin.cli.face.output import complain, paper, words, write
from hairpin.cli.guarding.healing import Healer
from hairpin.cli.guarding.recording import Recorder
from hairpin.cli.guarding.serving import answer_others
from hairpin.errors import UsageError
from hairpin.expect.file import DEFAULT
from hairpin.guard.change import SeenChange
from hairpin.guard.program import ProgramWatch
from hairpin.guard.record import without_secrets
from hairpin.guard.round import Round
from hairpin.guard.rounds import rounds
from hairpin.guard.unit import notify
from hairpin.guard.warm.reading import KeptReading
from hairpin.guard.watch import Watch
from hairpin.message import Message, message
from hairpin.report.documents.guard_document import round_document
from hairpin.report.text.guard_text import round_text, started_text

Follower = Callable[[Round], None]
"""Heeds a round.  Each is called in turn; the next burst is awaited only after all of them."""


def run(file: str | None, asked: Asked, shown: Shown) -> int:
    """Watch the host until a signal ends it, and return the exit status.  A guard whose program is replaced meanwhile
    starts anew as the new one, and a guard whose program is removed ends.

    Raises UsageError if the file cannot be used or nothing can be watched."""
    path = file or DEFAULT
    expected = read_expectations(path)
    program = ProgramWatch((this_file(), Path(hairpin.__file__)))
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: ended.append(got))

    def is_over() -> bool:
        return bool(ended) or program.state(time.monotonic()) != "same"

    with ExitStack() as stack:
        watch = stack.enter_context(closing(Watch()))
        if watch.sees_nothing:
            raise UsageError(message("hairpin guard has to be root to watch this host"))
        answer_others(watch, stack)
        recorder = stack.enter_context(Recorder(lambda: watch.blind, expected, path, shown))

        def burst(patience_s: float) -> tuple[SeenChange, ...]:
            notify("WATCHDOG=1")
            found = watch.burst(patience_s)
            recorder.beat(heard=bool(found))
            return found

        question = asked.question()
        healer = Healer(expected, question, shown, KeptReading())
        healer.settle()
        followers = (_writer(recorder.blind, shown), recorder.heed)
        every = rounds(
            expected, healer.read, healer.hearing(burst), is_over, question,
            meanwhile=lambda: watch.burst(0.0), act=healer.act,
        )  # fmt: skip
        for told in every:
            found = healer.telling(without_secrets(told))
            for follow in followers:
                follow(found)
            del found, told  # what was read is not kept until the next round
            notify(f"READY=1\nSTATUS=watching {len(expected.each)} expectations")
    if not ended:
        _go_on_as_new(program, shown)
    return 0


def _go_on_as_new(program: ProgramWatch, shown: Shown) -> None:
    """Become the program that has replaced this one, with the same words; return if there is none."""
    if program.state(time.monotonic()) == "removed":
        complain(message("the program of this guard was removed, so the guard ends"), shown.lang)
        return
    complain(message("the program of this guard was replaced, so the guard starts anew"), shown.lang)
    file = str(this_file())
    os.execv(file, (file, *sys.argv[1:]))  # noqa: S606 - the program that was started, with the same words


def _writer(blind: tuple[Message, ...], shown: Shown) -> Follower:
    """Return the follower that writes each round.  ``blind``: what cannot be watched, which the first round says."""

    def tell(found: Round) -> None:
        told = words(shown.lang)
        unseen = blind if not found.changes else ()
        if shown.as_json:
            write(msgspec.json.encode(round_document(found, unseen, told)).decode())
            return
        sheet = paper(shown.color)
        if text := round_text(found, told, sheet) if found.changes else started_text(found, blind, told, sheet):
            write(text)

    return tell
