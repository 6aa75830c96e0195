"""Tells whether a moment is inside the time window of a rule.

Source: net/netfilter/xt_time.c time_mt()
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from hairpin.netfilter.limit import TimeWindow

_DAY_S = 86400
_FURTHEST_S = 14 * 3600
_ZONES_S = 900
"""Zones are up to 14 hours from UTC, in steps of a quarter of an hour."""
_DAYS_AHEAD = 32


def is_inside(window: TimeWindow, now_s: int) -> bool | None:
    """Return whether the moment (seconds since 1970, UTC) is inside the window; None if this depends on the kernel's
    time zone, which no reading shows."""
    if not window.in_kernels_zone:
        return _has(window, now_s)
    found = {_has(window, now_s + offset) for offset in range(-_FURTHEST_S, _FURTHEST_S + 1, _ZONES_S)}
    return found.pop() if len(found) == 1 else None


def _has(window: TimeWindow, stamp: int) -> bool:
    if not window.first_s <= stamp <= window.last_s:
        return False
    of_day = stamp % _DAY_S
    start, stop = window.day_start_s, window.day_stop_s
    if start < stop:
        if not start <= of_day <= stop:
            return False
    else:
        if stop < of_day < start:
            return False
        if window.contiguous and of_day <= stop:
            stamp -= _DAY_S
    day = datetime.fromtimestamp(stamp, UTC)
    return day.isoweekday() in window.weekdays and day.day in window.month_days


def next_change(window: TimeWindow, now_s: int) -> int | None:
    """Return the next moment at which the window begins or ends.  Return None if there is no such moment within a
    month, or if the window's times are in the kernel's time zone."""
    inside = is_inside(window, now_s)
    if inside is None or window.in_kernels_zone:
        return None
    later = sorted(each for each in set(_bounds(window, now_s)) if each > now_s)
    return next((each for each in later if _has(window, each) is not inside), None)


def _bounds(window: TimeWindow, now_s: int) -> Iterator[int]:
    yield window.first_s
    yield window.last_s + 1
    midnight = now_s - now_s % _DAY_S
    for day in range(_DAYS_AHEAD):
        for of_day in (0, window.day_start_s, window.day_stop_s + 1):
            yield midnight + day * _DAY_S + of_day
