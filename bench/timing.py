"""Elapsed times: the median of several runs, since the machine may be busy."""

import statistics
import time
from collections.abc import Callable

import msgspec


class Timing(msgspec.Struct, frozen=True):
    """The name of what was timed, the median, and the number of runs."""

    name: str
    seconds: float
    runs: int

    def line(self, reference: "Timing | None" = None, promise_seconds: float | None = None) -> str:
        """Return one line, with the ratio to a reference tool, and with the promised time."""
        said = f"{self.name:46} {self.seconds * 1000:9.1f} ms"
        if reference is not None and reference.seconds:
            said += f"  {self.seconds / reference.seconds:6.2f} x {reference.name}"
        if promise_seconds is not None:
            said += f"  (promised {promise_seconds * 1000:.0f} ms)"
        return said


def timed(name: str, work: Callable[[], object], runs: int = 5) -> Timing:
    """Return the median of the runs."""
    found: list[float] = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return Timing(name, statistics.median(found), runs)
