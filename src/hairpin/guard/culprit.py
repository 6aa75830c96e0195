"""Finds who made a change, from the number of a thread or a process that the kernel tells.

The process may live for a millisecond only, so its files in /proc are read at once, and those of programs that start
are kept for a while.  Whatever could not be read is left out; nothing is guessed.

Source: proc(5); linux kernel/fork.c: a thread has an entry /proc/ID of its own, although no listing has it
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from hairpin.guard.change import Culprit
from hairpin.guard.known import KnownProcess, is_of_this_host, known_of, thread_of

_FIRST_NAMESPACE = 0xEFFFFFFC
"""PROC_PID_INIT_INO: the inode of the first process namespace, linux/proc_ns.h"""
_MOST_PARENTS = 6
_MOST_KEPT = 2048
_MOMENT_S = 2.0
_STARTERS = frozenset(("cron", "crond", "CRON", "anacron", "atd"))
"""Names of the processes that start jobs at a time."""


def numbers_are_own() -> bool:
    """Return whether the numbers of processes that nftables tells are those of /proc.  It tells those of the first
    process namespace, and in another one they name other processes."""
    try:
        return Path("/proc/self/ns/pid").readlink().name == f"pid:[{_FIRST_NAMESPACE}]"
    except OSError:
        return False


class Makers:
    """Who makes changes: the processes that live, and those that started lately.

    ``name_of``: gives the name of a container from the first characters of its id; empty if it is not known."""

    def __init__(self, name_of: Callable[[str], str] = lambda _: "") -> None:
        self.numbers_are_own = numbers_are_own()
        self.name_of = name_of
        self.catch_up: Callable[[], None] = _nothing
        """Takes what the kernel has told of processes that began."""
        self._known: OrderedDict[int, KnownProcess] = OrderedDict()
        self._process_of: OrderedDict[int, int] = OrderedDict()
        """The processes of threads that are not their processes' first."""

    def fork(self, parent: int, thread: int, process: int, at_ns: int) -> None:
        """Keep that a process has begun, which is its parent's program until it starts one of its own; or a thread.
        ``at_ns``: when, by the clock of time.monotonic_ns()."""
        if thread != process:
            _keep(self._process_of, thread, process)
            return
        self._process_of.pop(thread, None)
        before = self._known.get(parent) or self._look_up(parent)
        if before is None or before.begun_s * 1e9 > at_ns:  # the parent has another program since
            self._known.pop(process, None)
        else:
            _keep(self._known, process, before._replace(parent=parent, begun_s=at_ns / 1e9))

    def _look_up(self, process: int) -> KnownProcess | None:
        """Return what /proc says of a process, which is kept; None if it is gone."""
        found = known_of(process)
        if found is not None:
            _keep(self._known, process, found)
        return found

    def started(self, process: int, at_ns: int) -> None:
        """Keep what /proc says of a process that has started a program, and of its parent."""
        found = self._look_up(process)
        if found is not None:
            self._known[process] = found._replace(begun_s=at_ns / 1e9)
        if found is not None and found.parent > 1 and found.parent not in self._known:
            self._look_up(found.parent)

    def has_just_lived(self, process: int) -> bool:
        """Return whether a process is known to have lived on this host, and is gone; or has begun a moment ago, and is
        neither in a container nor in another network."""
        known = self._known.get(process)
        if known is None:
            return False
        has_begun = time.monotonic() - known.begun_s < _MOMENT_S
        return _is_gone(process) or (has_begun and is_of_this_host(process)) or _is_gone(process)

    def forget(self) -> None:
        """Forget all: the kernel could not tell which processes began, so numbers may be others' by now."""
        self._known.clear()
        self._process_of.clear()

    def of_kernel(self, thread: int, name: str = "") -> Culprit | None:
        """Return the process of a thread whose number is that of the first process namespace; only its name where /proc
        has other numbers."""
        if not self.numbers_are_own:
            return Culprit(0, name) if name else None
        return self.of(thread, name)

    def of(self, thread: int, name: str = "") -> Culprit | None:
        """Return the process of the thread.  ``name``: the name that the kernel told, which is all that is known if the
        process is gone; None if nothing is known."""
        if thread <= 0:
            return Culprit(0, name) if name else None
        self.catch_up()
        pid, living = thread_of(thread)
        pid = pid or self._process_of.get(thread, thread)
        known = self._best(pid)
        # The number may be another process's by now.  The name that is told is the thread's.
        if known is None or (name and name not in (living, known.name)):
            return Culprit(thread, name) if name else None
        return self._culprit(pid, known)

    def _best(self, pid: int) -> KnownProcess | None:
        """Return what is known of a process: what /proc says now, or what it said before the process ended."""
        now, before = known_of(pid), self._known.get(pid)
        if now is None or (not now.command and before is not None and before.name == now.name):
            return before
        return now

    def _culprit(self, pid: int, known: KnownProcess) -> Culprit:
        above = list(self._above(known))
        job, below = (f"timer {known.trigger}" if known.trigger else ""), known
        for each in above:
            if each.name in _STARTERS and below.name not in _STARTERS:
                job = f"cron {below.command or below.name}"
                break
            below = each
        names = tuple(each.name for each in above[:_MOST_PARENTS])
        unit = known.unit
        if known.container:
            unit = f"container {self.name_of(known.container) or known.container}"
        return Culprit(pid, known.name, known.command, names, unit, known.login, known.exe, job, _session(known, above))

    def _above(self, known: KnownProcess) -> Iterator[KnownProcess]:
        """Yield the parents up to the first process, which is left out."""
        seen = 0
        while known.parent > 1 and seen < 2 * _MOST_PARENTS:
            found = self._known.get(known.parent) or known_of(known.parent)
            if found is None:
                return
            yield found
            known = found
            seen += 1


def _session(known: KnownProcess, above: list[KnownProcess]) -> str:
    if known.login is None:
        return ""
    client = known.client or next((each.client for each in above if each.client), "")
    terminal = known.terminal or next((each.terminal for each in above if each.terminal), "")
    return " from ".join(each for each in (terminal, client) if each)


_Value = TypeVar("_Value")


def _is_gone(process: int) -> bool:
    return not os.path.exists(f"/proc/{process}/exe")  # noqa: PTH110 - quick


def _nothing() -> None:
    return


def _keep(kept: OrderedDict[int, _Value], number: int, value: _Value) -> None:
    kept[number] = value
    kept.move_to_end(number)
    while len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
