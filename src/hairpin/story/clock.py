"""The host's clock: the time zone in which some logs are written, and the time at which the traces were read."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hairpin.evidence.reading import Evidence, moment

JournalKind = Literal["persistent", "volatile", "none", "refused"]
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_LOCAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ]+(\d\d):(\d\d):(\d\d)")
_YEARLESS = re.compile(r"([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d\d):(\d\d):(\d\d)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_S = 86400.0


class HostClock(msgspec.Struct, frozen=True):
    """The clock of a host.

    ``now``: the time at which the traces were read.  ``since``: the earliest time from which traces were read.
    ``booted``: the time at which the present boot began.  ``now``, ``since`` and ``booted`` are in seconds since the
    epoch.  ``offset_s``: the present offset of the host's time zone from UTC."""

    now: float
    since: float
    booted: float | None = None
    zone: str = ""
    offset_s: int = 0
    journal: JournalKind | None = None
    journal_begins: float | None = None
    evidence: str = ""

    def local(self, text: str) -> float | None:
        """Return the time of a text such as ``2026-11-20 14:00:01`` in the host's time zone; None if the text is no
        time."""
        found = _LOCAL.search(text)
        if found is None:
            return None
        try:
            year, month, day, hour, minute, second = map(int, found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=self._zone()).timestamp()
        except ValueError:
            return None

    def yearless(self, text: str) -> float | None:
        """Return the time of a text such as ``Nov 20 14:00:01`` in the host's time zone: the last such time that is at
        most one day after ``now``."""
        found = _YEARLESS.match(text)
        if found is None or found[1] not in MONTHS:
            return None
        day, hour, minute, second = map(int, found.groups()[1:])
        return last_such_time((MONTHS.index(found[1]) + 1, day, hour, minute, second), self.now, self._zone())

    def _zone(self) -> tzinfo:
        """Return the host's time zone, including its daylight saving time.

        If this machine does not know the zone's name, return a zone with the present offset."""
        if self.zone:
            try:
                return ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                pass
        return timezone(timedelta(seconds=self.offset_s))


def clock_of(evidence: Evidence) -> HostClock:
    """Return the clock that the reading ``trace-clock`` describes.  Without this reading, return a clock with UTC and
    the time of the evidence."""
    reading = evidence.find("trace-clock", "")
    told = dict(_pairs(reading.text)) if reading is not None and reading.outcome == "text" else {}
    now = number(told.get("now", "")) or moment(evidence.taken_at) or 0.0
    return HostClock(
        now=now,
        since=number(told.get("since", "")) or 0.0,
        booted=number(told.get("btime", "")),
        zone=told.get("zone", ""),
        offset_s=_offset(told.get("offset", "")),
        journal=_kind(told.get("journal", "")),
        journal_begins=number(told.get("journal-begins", "")),
        evidence=reading.id if reading is not None else "",
    )


def last_such_time(day: tuple[int, int, int, int, int], now: float, zone: tzinfo) -> float | None:
    """Return the last time with the given month, day, hour, minute and second that is at most one day after ``now``
    (seconds since the epoch).  Return None if neither this year nor the last year has such a time."""
    year = datetime.fromtimestamp(now, zone).year
    for each in (year, year - 1):
        try:
            at = datetime(each, *day, tzinfo=zone).timestamp()
        except ValueError:  # 29 February does not exist in this year
            continue
        if at <= now + _DAY_S:
            return at
    return None


def number(text: str) -> float | None:
    """Return the number in the text, or None if it is not a number."""
    try:
        return float(text)
    except ValueError:
        return None


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (line.partition(" ") for line in text.split("\n"))]


def _kind(text: str) -> JournalKind | None:
    match text:
        case "persistent" | "volatile" | "none" | "refused":
            return text
        case _:
            return None


def _offset(text: str) -> int:
    found = _OFFSET.fullmatch(text)
    if found is None:
        return 0
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds
