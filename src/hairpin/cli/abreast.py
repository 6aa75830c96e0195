"""Work on all processors: each task runs in a forked process, and its result comes back through a pipe.

The processes share what the parent has read and walked already, so nothing is sent to them.  Source: fork(2)
"""

import os
import pickle
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

R = TypeVar("R")
_FEW = 4
"""Up to this many tasks are done in the calling process, because a fork costs as much."""


def abreast(tasks: Sequence[Callable[[], R]], processors: int | None = None) -> list[R]:
    """Return the results in the order of the tasks.  Tasks that a forked process did not finish are done in the calling
    process, so their errors are raised there."""
    workers = min(processors or len(os.sched_getaffinity(0)), len(tasks))
    if workers < 2 or len(tasks) <= _FEW:
        return [each() for each in tasks]
    numbers, wanted = os.pipe()
    os.write(wanted, bytes(range(len(tasks))))
    os.close(wanted)
    pipes = [_forked(tasks, numbers) for _ in range(workers - 1)]
    done = dict(_work(tasks, numbers))
    os.close(numbers)
    for child, pipe in pipes:
        with open(pipe, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            whole = file.read()
        os.waitpid(child, 0)
        with suppress(EOFError, pickle.UnpicklingError):
            done.update(pickle.loads(whole))  # noqa: S301 - of this program's own process
    return [done[number] if number in done else each() for number, each in enumerate(tasks)]


def _forked(tasks: Sequence[Callable[[], R]], numbers: int) -> tuple[int, int]:
    """Fork a process that takes tasks by their numbers; return it, and the pipe by which its results come."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        with open(writing, "wb") as file:  # noqa: PTH123 - a descriptor has no path
            pickle.dump(dict(_work(tasks, numbers)), file)
    finally:
        os._exit(0)  # so that the parent's buffers and exit handlers run only once


def _work(tasks: Sequence[Callable[[], R]], numbers: int) -> list[tuple[int, R]]:
    """Do the tasks whose numbers are next in the pipe, until it is empty."""
    done: list[tuple[int, R]] = []
    while number := os.read(numbers, 1):
        done.append((number[0], tasks[number[0]]()))
    return done
