"""tests/kernel/test_windows.py asks the kernel."""

from datetime import UTC, datetime

import pytest

from hairpin.netfilter.limit import TimeWindow, is_inside, next_change

TUESDAY_NOON = int(datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp())
HOUR = 3600
NIGHT = TimeWindow(day_start_s=22 * HOUR, day_stop_s=6 * HOUR)
WEEKEND = TimeWindow(weekdays=frozenset({6, 7}))
OVER = TimeWindow(first_s=TUESDAY_NOON - 1000 * HOUR, last_s=TUESDAY_NOON - 900 * HOUR)


@pytest.mark.parametrize(
    ("window", "inside"),
    (
        (TimeWindow(), True),
        (OVER, False),
        (TimeWindow(first_s=TUESDAY_NOON + 1), False),
        (NIGHT, False),
        (WEEKEND, False),
        (TimeWindow(month_days=frozenset({24})), True),
        (TimeWindow(day_start_s=11 * HOUR, day_stop_s=13 * HOUR, in_kernels_zone=True), None),
        (TimeWindow(last_s=TUESDAY_NOON - 30 * HOUR, in_kernels_zone=True), False),
    ),
)
def test_is_inside(window: TimeWindow, *, inside: bool | None) -> None:
    assert is_inside(window, TUESDAY_NOON) is inside


def test_what_is_behind_midnight_belongs_to_the_day_before() -> None:
    monday_night = TimeWindow(day_start_s=22 * HOUR, day_stop_s=3 * HOUR, weekdays=frozenset({1}), contiguous=True)
    assert is_inside(monday_night, TUESDAY_NOON - 10 * HOUR)
    assert not is_inside(monday_night, TUESDAY_NOON - 34 * HOUR)


def test_next_change() -> None:
    assert next_change(NIGHT, TUESDAY_NOON) == TUESDAY_NOON + 10 * HOUR
    assert next_change(WEEKEND, TUESDAY_NOON) == TUESDAY_NOON + (12 + 3 * 24) * HOUR
    assert next_change(OVER, TUESDAY_NOON) is None
    assert next_change(TimeWindow(), TUESDAY_NOON) == 0xFFFFFFFF + 1
