"""Queues alerts and delivers them in a thread of their own, so that no command and no webhook ever holds up a round.

A failed delivery is tried again, with longer and longer pauses.  The queue has a greatest length: if alerts come faster
than they can be delivered, the oldest ones are given up, and that is told.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hairpin.guard.telling.told_alert import DeliveryError, ToldAlert

PAUSES_S = (1.0, 5.0, 25.0, 120.0)
"""How long the thread waits before each further attempt, in seconds."""
LONGEST = 100
"""The greatest number of deliveries that wait."""
_END_S = 10.0
"""How long an ending guard waits for what is still to be delivered, in seconds."""
Deliver = Callable[[ToldAlert], None]
"""Delivers an alert in one way, or raises DeliveryError."""


class Delivered(NamedTuple):
    """The end of one delivery.  ``reason``: why it failed; empty if it succeeded.  ``number``: as the caller counts."""

    number: int
    way: str
    reason: str
    tries: int


class _Task(NamedTuple):
    number: int
    way: str
    deliver: Deliver
    alert: ToldAlert
    tries: int
    due_s: float


class Delivery:
    """The thread that delivers alerts.  Everything else is called from the guard's own thread."""

    def __init__(self, pauses_s: tuple[float, ...] = PAUSES_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._pauses_s = pauses_s
        self._clock = clock
        self._tasks: deque[_Task] = deque()
        self._ended: deque[Delivered] = deque()
        self._changed = threading.Condition()
        self._is_over = False
        self._is_busy = False
        self._thread: threading.Thread | None = None

    def send(self, number: int, way: str, deliver: Deliver, alert: ToldAlert) -> None:
        """Queue one delivery."""
        with self._changed:
            if len(self._tasks) >= LONGEST:
                lost = self._tasks.popleft()
                self._ended.append(Delivered(lost.number, lost.way, "too many alerts were waiting", lost.tries))
            self._tasks.append(_Task(number, way, deliver, alert, 0, self._clock()))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hairpin-alerts", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def ended(self) -> Iterator[Delivered]:
        """Yield each delivery that has ended since the last call."""
        while self._ended:
            yield self._ended.popleft()

    def wait_idle(self, limit_s: float) -> bool:
        """Wait until nothing is to be delivered; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._tasks and not self._is_busy, limit_s)

    def close(self, limit_s: float = _END_S) -> None:
        """Deliver what is waiting, each once more at most, as far as the time suffices."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self.wait_idle(limit_s)
        with self._changed:
            while self._tasks:
                lost = self._tasks.popleft()
                self._ended.append(Delivered(lost.number, lost.way, "the guard ended before", lost.tries))

    def _run(self) -> None:
        while True:
            with self._changed:
                task = self._next()
                if task is None:
                    return
                self._is_busy = True
            self._attempt(task)
            with self._changed:
                self._is_busy = False
                self._changed.notify_all()

    def _next(self) -> _Task | None:
        """Return the delivery that is due first, when it is due; None if the guard ends and nothing is left."""
        while True:
            if self._tasks:
                first = min(self._tasks, key=lambda each: each.due_s)
                left = 0.0 if self._is_over else first.due_s - self._clock()
                if left <= 0:
                    self._tasks.remove(first)
                    return first
                self._changed.wait(left)
            elif self._is_over:
                return None
            else:
                self._changed.wait()

    def _attempt(self, task: _Task) -> None:
        tries = task.tries + 1
        reason, lasts = "", False
        try:
            task.deliver(task.alert)
        except DeliveryError as error:
            reason, lasts = str(error), error.lasts
        except Exception as error:  # noqa: BLE001 - the thread must outlive a bug; the text may have a secret
            reason, lasts = f"a bug in hairpin: {type(error).__name__}", True
        if reason and not lasts and not self._is_over and tries <= len(self._pauses_s):
            again = task._replace(tries=tries, due_s=self._clock() + self._pauses_s[tries - 1])
            with self._changed:
                self._tasks.append(again)
            return
        self._ended.append(Delivered(task.number, task.way, reason, tries))
