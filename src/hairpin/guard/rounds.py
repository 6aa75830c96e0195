"""Holds a host against its expectations again after each burst of changes, and compares with the round before."""

import time
from collections.abc import Callable, Iterator

from hairpin.errors import HairpinError
from hairpin.evidence.several import Source
from hairpin.expect.expectation import Expectations
from hairpin.expect.holding import Holdings, hold
from hairpin.guard.change import SeenChange
from hairpin.guard.round import Round
from hairpin.question.question import Question

PATIENCE_S = 1.0
"""How long one wait for a change lasts, in seconds: so soon the guard heeds a signal."""


Burst = Callable[[float], tuple[SeenChange, ...]]


def rounds(
    expected: Expectations,
    read: Callable[[], tuple[Source, ...]],
    burst: Burst,
    is_over: Callable[[], bool],
    question: Question = Question(),  # noqa: B008 - immutable
) -> Iterator[Round]:
    """Yield a round at once, and one after each burst, until ``is_over``.

    ``read``: reads the host.  ``burst``: waits for the next burst for so many seconds.  A host that cannot be read ends
    nothing: the round says so, and the next burst is tried."""
    before: Holdings | None = None
    changes: tuple[SeenChange, ...] = ()
    while True:
        found = _round(expected, read, question, changes, before)
        yield found
        before = found.held or before
        changes = ()
        while not changes:
            if is_over():
                return
            changes = burst(PATIENCE_S)


def _round(
    expected: Expectations,
    read: Callable[[], tuple[Source, ...]],
    question: Question,
    changes: tuple[SeenChange, ...],
    before: Holdings | None,
) -> Round:
    at_s = time.time()
    sources: tuple[Source, ...] = ()
    try:
        sources = read()
        held = hold(expected, sources, question)
    except HairpinError as error:
        return Round(at_s, changes, None, failed=error.said, read=sources)
    was = {each.expectation.key: each.is_broken for each in before.each} if before is not None else {}
    broke = tuple(each for each in held.each if each.is_broken and not was.get(each.expectation.key, False))
    mended = tuple(each for each in held.each if each.state == "held" and was.get(each.expectation.key, False))
    lost_before = {each.key for each in before.lost} if before is not None else set[tuple[str, ...]]()
    lost = tuple(each for each in held.lost if each.key not in lost_before)
    kept_again = tuple(each for each in held.promises if each.state == "kept" and each.key in lost_before)
    return Round(at_s, changes, held, broke, mended, read=sources, lost=lost, kept_again=kept_again)
