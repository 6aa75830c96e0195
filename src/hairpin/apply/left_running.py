"""Commands of an interrupted step that still run: whoever began them was killed, and they go on alone.

What is there is read once they have ended: a manager in the middle of its work shows a state that it leaves again.
Source: proc(5) ``cmdline``
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hairpin.carry.act import Command, Done
from hairpin.change.commands.carrying import carrying
from hairpin.change.commands.words import Words
from hairpin.change.step import Step

_LIMIT_S = 70.0
"""A little longer than carry/run.py lets a command run."""
_EVERY_S = 0.1


def wait_ended(step: Step, proc: Path = Path("/proc"), limit_s: float = _LIMIT_S) -> bool:
    """Wait until no command of the step or of its undo runs; return whether one did."""
    commands = frozenset(argv for each in (step, *(step.undo or ())) for argv in commands_of(each))
    until = time.monotonic() + limit_s
    found = False
    while _run_one(commands, proc) and time.monotonic() < until:
        found = True
        time.sleep(_EVERY_S)
    return found


def commands_of(step: Step) -> Iterator[Words]:
    """Yield the commands that carry the step out, as far as they do not follow from what one of them prints."""
    acting = carrying(step)
    with suppress(StopIteration):
        act = next(acting)
        while True:
            if isinstance(act, Command):
                yield act.argv
            act = acting.send(Done(0))


def _run_one(commands: frozenset[Words], proc: Path) -> bool:
    for process in proc.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            words = (process / "cmdline").read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1]
            if process.name != str(os.getpid()) and any(_is(tuple(words), argv) for argv in commands):
                return True
    return False


def _is(words: Words, argv: Words) -> bool:
    """Return whether the process was started by the command: a script has its interpreter's words before its own."""
    at = len(words) - len(argv)
    return at >= 0 and words[at + 1 :] == argv[1:] and Path(words[at]).name == Path(argv[0]).name
