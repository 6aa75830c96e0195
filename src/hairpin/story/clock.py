"""The host's clock: the time zone of some logs, and the second at which the traces were read."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hairpin.evidence.reading import Evidence

JournalKind = Literal["persistent", "volatile", "none", "refused"]
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_LOCAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ]+(\d\d):(\d\d):(\d\d)")
_YEARLESS = re.compile(r"([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d\d):(\d\d):(\d\d)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_S = 86400.0


class HostClock(msgspec.Struct, frozen=True):
    """``now``: the time of the reading, ``since``: the earliest time that was read, ``booted``: the begin of this boot,
    all in seconds since the epoch; ``offset_s``: the zone's present offset to UTC."""

    now: float
    since: float
    booted: float | None = None
    zone: str = ""
    offset_s: int = 0
    journal: JournalKind | None = None
    journal_begins: float | None = None
    evidence: str = ""

    def local(self, text: str) -> float | None:
        """Return the time of ``2026-11-20 14:00:01`` in the host's zone; None if the text has no time."""
        found = _LOCAL.search(text)
        if found is None:
            return None
        try:
            year, month, day, hour, minute, second = map(int, found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=self._zone()).timestamp()
        except ValueError:
            return None

    def yearless(self, text: str) -> float | None:
        """Return the time of ``Nov 20 14:00:01`` in the host's zone: the last such time that is not in the future."""
        found = _YEARLESS.match(text)
        if found is None or found[1] not in MONTHS:
            return None
        day, hour, minute, second = map(int, found.groups()[1:])
        return last_such_time((MONTHS.index(found[1]) + 1, day, hour, minute, second), self.now, self._zone())

    def _zone(self) -> tzinfo:
        """Return the zone by its name, with daylight saving time; by its offset if the name is unknown here."""
        if self.zone:
            try:
                return ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                pass
        return timezone(timedelta(seconds=self.offset_s))


def clock_of(evidence: Evidence) -> HostClock:
    """Return the clock of the reading ``trace-clock``; without one, UTC and the time of the evidence."""
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
    """Return the last time of this month, day, hour, minute and second that is not after ``now`` (seconds since the
    epoch; a difference of a day is allowed); None if neither this year nor the last one has it."""
    year = datetime.fromtimestamp(now, zone).year
    for each in (year, year - 1):
        try:
            at = datetime(each, *day, tzinfo=zone).timestamp()
        except ValueError:  # 29 February of another year
            continue
        if at <= now + _DAY_S:
            return at
    return None


def moment(text: str) -> float | None:
    """Return the time of an RFC 3339 text in seconds since the epoch; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


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
