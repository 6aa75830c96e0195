"""Tests wait for events.  A machine may be so busy that any number of seconds passes before an event, so the only bound
is one that a hang alone meets, and the wait ends with the event."""

import time
from collections.abc import Callable

HANG_S = 300.0
"""The time in seconds after which a test takes what it waits for to hang."""


def wait_until(happened: Callable[[], bool], pause_s: float = 0.05) -> bool:
    """Return True once ``happened`` does.  Return False if it has not after ``HANG_S``."""
    until = time.monotonic() + HANG_S
    while not (met := happened()) and time.monotonic() < until:
        time.sleep(pause_s)
    return met
