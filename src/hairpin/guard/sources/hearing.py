"""The process that hears of changes, and finds at once who made them.

Reading and judging a host keeps a process of Python busy for a second, in which a thread of it gets its turn too late:
of programs that had ended meanwhile, a thread named 5 of 100, and a process of its own 50 (and nearly all, where it
knows the programs that start).  So what hears is a process: it is forked, has the same memory, and ends with the guard.
"""

import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from hairpin.guard.change import SeenChange
from hairpin.guard.sources.source import Source
from hairpin.guard.sources.told import unseen

ASKED_EVERY_S = 1.0
_MOST_WAITING = 20_000
"""So many changes wait at most for a guard that is busy."""
_AT_ONCE = 64
"""How many changes are told in one message."""
_NICE = -15


def hear(sources: Sequence[Source], to: socket.socket, by: frozenset[int], after: Callable[[], None]) -> None:
    """Tell what the sources tell, until the other end is closed.

    ``by``: the processes whose own changes are not told.  ``after``: called after links have changed."""
    waiting: deque[SeenChange] = deque()
    has_lost = False
    asked_s = time.monotonic()
    poll, owners = _poll_of(sources, to)
    while True:
        poll.modify(to.fileno(), select.POLLOUT if waiting else 0)
        left = max(0.0, asked_s + ASKED_EVERY_S - time.monotonic())
        ready = dict(poll.poll(round(left * 1000) + 1))
        if ready.get(to.fileno(), 0) & (select.POLLHUP | select.POLLERR):
            return
        heard = [each for each in owners if each in ready]
        found = [change for each in heard for change in owners[each].heard(each)]
        is_time = time.monotonic() - asked_s >= ASKED_EVERY_S
        if is_time:
            asked_s = time.monotonic()
            found += (change for source in sources for change in source.asked(asked_s))
        if is_time or any(owners[each].comes_and_goes for each in heard):
            poll, owners = _poll_of(sources, to)
        if any(each.part == "links" for each in found):
            after()
        for change in found:
            if change.culprit is not None and change.culprit.pid in by:
                continue
            if len(waiting) < _MOST_WAITING:
                waiting.append(change)
            elif not has_lost:
                has_lost = True
        if has_lost and len(waiting) < _MOST_WAITING:
            waiting.append(unseen(time.time()))
            has_lost = False
        _send(waiting, to)


def _poll_of(sources: Sequence[Source], to: socket.socket) -> tuple[select.poll, dict[int, Source]]:
    """Return what waits for the sources and for the other end, and the source of each descriptor, in their order."""
    owners = {each: source for source in sources for each in source.descriptors()}
    poll = select.poll()
    poll.register(to.fileno(), 0)
    for each in owners:
        poll.register(each, select.POLLIN)
    return poll, owners


def _send(waiting: deque[SeenChange], to: socket.socket) -> None:
    """Tell as many changes as the other end takes now."""
    while waiting:
        some = [waiting[place] for place in range(min(_AT_ONCE, len(waiting)))]
        try:
            to.send(msgspec.msgpack.encode(some))
        except BlockingIOError:
            return
        for _ in some:
            waiting.popleft()


def begin(sources: Sequence[Source], after: Callable[[], None]) -> tuple[socket.socket, int]:
    """Return the socket from which changes are heard, each message with a list of them, and the number of the process
    that hears.  The sources are the process's then."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    guard = os.getpid()
    process = os.fork()
    if process:
        there.close()
        for each in sources:
            each.close()
        return here, process
    status = 1
    try:
        here.close()
        there.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # it ends with the guard, which may have more to do
        _hurry()
        hear(sources, there, frozenset((guard, os.getpid())), after)
        for each in sources:
            each.stop()
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0
    finally:
        os._exit(status)


def _hurry() -> None:
    """Let this process run before others: it works for less than a millisecond at a time, and who it looks for ends in
    the next.  A unit needs CAP_SYS_NICE for that; without it, fewer makers are found on a busy host."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)
