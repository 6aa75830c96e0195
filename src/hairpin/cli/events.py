"""``hairpin events``: the effect of each event that can happen on each flow.

The events are simulated on all processors: in the calling process, and in forked processes whose results come back
through pipes.  The forked processes share the memory of the calling process, with all its readings and walks, so it
need not send them any data.  Source: fork(2)
"""

import os
import pickle
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown

if TYPE_CHECKING:
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=options.HairpinCommand)
@options.targets
@options.origin()
@options.size
@options.fresh
@options.evidence
@options.world
@options.page
@options.monitor
@options.answer
def events(asked: Asked, shown: Shown) -> int:
    """Say which flows still pass after each event that can happen on this host, such as docker-restart.

    TARGET and WHERE have the same meaning as in `hairpin check`.  `hairpin check --after EVENT` says more about one
    event.

    Exit: 0 all that pass now pass then, 1 some fail after an event, 2 usage error, 3 could not decide.
    """
    from hairpin.answer.matrix import matrix
    from hairpin.cli.face.present import present
    from hairpin.cli.face.progress import progress
    from hairpin.cli.material import complain_of_told, gather
    from hairpin.cli.plans.half_done import with_plans
    from hairpin.message import message

    complain_of_told(asked, shown.lang)
    question = asked.question()
    with progress(shown.lang) as tell:
        tell(message("reading the state of the host"))
        read = with_plans(gather(asked.sources), asked.sources, shown.lang)
        tell(message("following the packets"))
        found = matrix(question, read, abreast)

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.events_text import events_text

        return events_text(found, words, paper, verbose=shown.verbose)

    def document(words: "Words") -> object:
        from hairpin.report.documents.events_document import events_document

        return events_document(found, words)

    def page(words: "Words") -> str:
        from hairpin.report.page.events_page import events_page

        return events_page(found, words)

    if not shown.is_watched:
        present(shown, text, document, page)
        return found.status
    from hairpin.cli.face.watched import present_watched_events

    return present_watched_events(found, asked, shown, text, (document, page))


R = TypeVar("R")
_FEW = 4
"""Up to this number of tasks, the calling process does all tasks itself, because forks would take as long."""


def abreast(tasks: Sequence[Callable[[], R]], processors: int | None = None) -> list[R]:
    """Return the tasks' results, in the order of the tasks.  The calling process does each task that a forked process
    did not finish.  If such a task raises an error, the error is raised in the calling process."""
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
    """Fork a process that takes tasks by their numbers.  Return its process id, and the pipe from which the parent
    reads the results."""
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
        os._exit(0)  # only the parent process may flush its buffers and run its exit handlers


def _work(tasks: Sequence[Callable[[], R]], numbers: int) -> list[tuple[int, R]]:
    """Do tasks whose numbers are read from the pipe, until the pipe is empty; return their numbers and results."""
    done: list[tuple[int, R]] = []
    while number := os.read(numbers, 1):
        done.append((number[0], tasks[number[0]]()))
    return done
