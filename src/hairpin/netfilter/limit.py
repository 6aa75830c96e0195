"""Limits whose present state the kernel lists: the connections, lists and buckets of one client, and quotas.  If
``over`` is true, the rule matches packets above the limit; otherwise it matches packets below the limit.  And time
windows: whether a moment is inside one.

Source: net/netfilter/xt_time.c time_mt()
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec


class ConnectionLimit(msgspec.Struct, frozen=True, tag="connections", gc=False):
    """``-m connlimit``, nft ``ct count``: a limit on the number of connections whose addresses (``by``) have the same
    first ``bits`` bits.  The packet's own connection is counted, too."""

    most: int
    over: bool
    bits: int
    by: Literal["saddr", "daddr"] = "saddr"


class RecentLimit(msgspec.Struct, frozen=True, tag="recent", gc=False):
    """``-m recent --rcheck`` or ``--update``: the address was entered in the list at least ``hits`` times within the
    last ``seconds`` (None: at any time)."""

    list: str
    hits: int
    seconds: int | None
    bits: int
    over: bool = True
    by: Literal["saddr", "daddr"] = "saddr"


class HashLimit(msgspec.Struct, frozen=True, tag="hashlimit", gc=False):
    """``-m hashlimit`` with a limit of packets, not of bytes.  The kernel has a bucket for each combination of the
    values of the address and port fields in ``mode``."""

    list: str
    over: bool
    mode: tuple[str, ...]
    source_bits: int
    destination_bits: int


class QuotaLimit(msgspec.Struct, frozen=True, tag="quota", gc=False):
    """nft ``quota``: a number of bytes for all packets that reach the statement.  ``spent``: the listing shows that the
    bytes are used up.  ``name``: the name of a named quota; empty for an anonymous quota."""

    spent: bool
    over: bool
    name: str = ""


class TimeWindow(msgspec.Struct, frozen=True, tag="time", gc=False):
    """``-m time`` and nft ``meta time``: a packet matches between two moments (seconds since 1970), between two times
    of the day (seconds), and on certain days of the week (Monday is 1) and of the month.

    ``contiguous``: whether a window over midnight belongs to the day on which it begins.  ``in_kernels_zone``: whether
    times are in the time zone of the host or its kernel, which no reading shows; otherwise they are in UTC."""

    first_s: int = 0
    last_s: int = 0xFFFFFFFF
    day_start_s: int = 0
    day_stop_s: int = 86399
    weekdays: frozenset[int] = frozenset(range(1, 8))
    month_days: frozenset[int] = frozenset(range(1, 32))
    contiguous: bool = False
    in_kernels_zone: bool = False
    over: bool = True


class Rate(msgspec.Struct, frozen=True, tag="rate", gc=False):
    """The traffic that ``-m limit``, ``-m hashlimit`` or nft ``limit`` lets pass: ``count`` units per ``period``, and
    ``burst`` packets at once (None: the listing does not say).  ``unit``: ``packets``, or a number of bytes in the
    tool's words (``kbytes``).  ``by``: the fields whose values have a bucket of their own; empty for one bucket of all
    packets."""

    count: int
    unit: str
    period: Literal["second", "minute", "hour", "day", "week"]
    burst: int | None = None
    by: tuple[str, ...] = ()


ClientLimit = ConnectionLimit | RecentLimit | HashLimit
Limit = ClientLimit | QuotaLimit | TimeWindow


class Queue(msgspec.Struct, frozen=True, tag="queue", gc=False):
    """The queues of NFQUEUE or nft ``queue``, by their numbers.  ``bypass``: if no program listens for the packet's
    queue, the packet goes on; otherwise it is dropped."""

    first: int
    last: int
    bypass: bool = False


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
