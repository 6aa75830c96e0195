"""The figures of real probes: shares, their intervals, and times."""

import random

import pytest

from hairpin.judges.observation import LiveObservation, ProbeAttempt, wilson

# answered, sent, the interval in per cent
INTERVALS: dict[str, tuple[int, int, tuple[int, int]]] = {
    "none of ten": (0, 10, (0, 28)),
    "all of ten": (10, 10, (72, 100)),
    "half of ten": (5, 10, (24, 76)),
    "half of a hundred": (50, 100, (40, 60)),
    "one of one": (1, 1, (21, 100)),
}


@pytest.mark.parametrize(("part", "whole", "percent"), INTERVALS.values(), ids=INTERVALS)
def test_wilson(part: int, whole: int, percent: tuple[int, int]) -> None:
    low, high = wilson(part, whole)
    assert (round(100 * low), round(100 * high)) == percent


def test_the_interval_holds_the_share_in_19_of_20_runs() -> None:
    draw = random.Random(1)  # noqa: S311
    kept = 0
    for _ in range(2000):
        low, high = wilson(sum(draw.random() < 0.5 for _ in range(20)), 20)
        kept += low <= 0.5 <= high
    assert kept / 2000 > 0.94


def test_what_could_not_be_tried_is_no_evidence() -> None:
    attempts = (
        ProbeAttempt("answered", 1.0),
        ProbeAttempt("answered", 3.0),
        ProbeAttempt("silent"),
        ProbeAttempt("could-not-try"),
    )
    found = LiveObservation("host", attempts=attempts)
    assert (found.tried, found.failed, found.share) == (3, 1, 2 / 3)
    assert found.latencies_ms == (2.0, 3.0)
    nothing = LiveObservation("host", attempts=(ProbeAttempt("could-not-try"),))
    assert (nothing.tried, nothing.share, nothing.interval, nothing.latencies_ms) == (0, None, None, None)
