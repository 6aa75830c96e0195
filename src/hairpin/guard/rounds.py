"""Holds a host against its expectations again after each burst of changes, and compares with the round before."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hairpin.errors import HairpinError
from hairpin.evidence.several import Source
from hairpin.expect.expectation import Expectations
from hairpin.expect.holding import hold
from hairpin.guard.change import SeenChange
from hairpin.guard.lean import give_memory_back
from hairpin.guard.round import Round
from hairpin.question.question import Question

PATIENCE_S = 1.0
"""How long one wait for a change lasts, in seconds: so soon the guard heeds a signal."""


_MOST_READINGS = 3
"""So often the host is read for one round at most, if it changes while it is read."""


Burst = Callable[[float], tuple[SeenChange, ...]]
"""Waits for the next burst for so many seconds, and returns its changes."""


class _Before(NamedTuple):
    """The keys of what was broken, and of the promises that were lost, when the host was judged before."""

    broken: frozenset[tuple[bool, str, str]] = frozenset()
    lost: frozenset[tuple[str, ...]] = frozenset()


def rounds(
    expected: Expectations,
    read: Callable[[], tuple[Source, ...]],
    burst: Burst,
    is_over: Callable[[], bool],
    question: Question = Question(),  # noqa: B008 - immutable
    *,
    meanwhile: Callable[[], tuple[SeenChange, ...]] = tuple,
    act: Callable[[tuple[Source, ...], tuple[SeenChange, ...]], None] | None = None,
) -> Iterator[Round]:
    """Yield a round at once, and one after each burst, until ``is_over``.

    ``read``: reads the host.  ``burst``: waits for the next burst for so many seconds.  ``meanwhile``: returns what has
    changed while the host was read; then it is read again, because a change that is in the reading belongs to this
    round, with its maker.  ``act``: called with what was read and the changes, before the host is judged.  A host that
    cannot be read ends nothing: the round says so, and the next burst is tried."""
    before = _Before()
    changes: tuple[SeenChange, ...] = ()
    while True:
        sources: tuple[Source, ...] = ()
        at_s = time.time()
        try:
            sources = read()
            for _ in range(_MOST_READINGS - 1):
                if not changes or not (more := meanwhile()):
                    break
                changes, at_s = (*changes, *more), time.time()
                sources = read()
            if act is not None:
                act(sources, changes)
            found = _round(expected, sources, question, (at_s, changes), before)
        except HairpinError as error:
            found = Round(at_s, changes, None, failed=error.said, read=sources)
        yield found
        if found.held is not None:
            broken = frozenset(each.expectation.key for each in found.held.each if each.is_broken)
            before = _Before(broken, frozenset(each.key for each in found.held.lost))
        del found, sources  # a guard waits most of its life: what was read and walked is not kept meanwhile
        give_memory_back()
        changes = ()
        while not changes:
            if is_over():
                return
            changes = burst(PATIENCE_S)


def _round(
    expected: Expectations,
    sources: tuple[Source, ...],
    question: Question,
    burst: tuple[float, tuple[SeenChange, ...]],
    before: _Before,
) -> Round:
    """Return the round of a burst, which has a time and its changes.  Raises HairpinError."""
    held = hold(expected, sources, question)
    broke = tuple(each for each in held.each if each.is_broken and each.expectation.key not in before.broken)
    mended = tuple(each for each in held.each if each.state == "held" and each.expectation.key in before.broken)
    lost = tuple(each for each in held.lost if each.key not in before.lost)
    kept_again = tuple(each for each in held.promises if each.state == "kept" and each.key in before.lost)
    return Round(*burst, held, broke, mended, read=sources, lost=lost, kept_again=kept_again)
