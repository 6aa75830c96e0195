"""A line of a log: of the journal, which has one JSON object for each line, or of a syslog file."""

import re
from typing import Annotated

import msgspec

from hairpin.evidence.reading import Reading, moment
from hairpin.story.clock import HostClock

_Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]
_MICRO = 1e-6
_ENTRY = msgspec.json.Decoder(dict[str, object])
_SYSLOG = re.compile(
    r"(?:<\d+>)?(?P<when>\d{4}-\d\d-\d\dT\S+|[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d)\s+(?P<host>\S+)\s+"
    r"(?:[a-z]+\d?\.[a-z]+\s+)?"  # busybox writes the facility and the level
    r"(?P<program>[^\s\[:]+)(?:\[(?P<pid>\d+)\])?:\s?(?P<message>.*)"
)
_UPTIME = re.compile(r"^\[\s*\d+\.\d+\]\s*")


class Line(msgspec.Struct, frozen=True):
    """A line of a log.

    ``at``: the line's time in seconds since the epoch.  ``program`` and ``pid``: the process that wrote the line.
    ``unit``: the unit about which process 1 wrote the line, or the unit of any other writer.  ``boot`` and ``uptime``:
    the boot's id and the seconds since the boot began, which only the journal contains.  ``evidence``: the id of the
    reading."""

    at: float
    program: str
    pid: str
    message: str
    evidence: str
    unit: str = ""
    boot: str = ""
    uptime: float | None = None
    job: str = ""


def lines_of(reading: Reading, clock: HostClock) -> tuple[Line, ...]:
    """Return the lines of a log, the oldest line first.  Lines without a time are left out."""
    texts = reading.text.split("\n")
    found = [
        line
        for text in texts
        if (line := _entry(text, reading.id) if text.startswith("{") else _written(text, reading.id, clock)) is not None
    ]
    return tuple(sorted(found, key=lambda each: each.at))


def _entry(text: str, evidence: str) -> Line | None:
    """Return an entry of the journal as a line.  The journal writes a message that is not UTF-8 as an array of
    bytes."""
    try:
        told = _ENTRY.decode(text)
        said = msgspec.convert(told.get("MESSAGE"), str | list[_Byte])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    at = _seconds(told.get("__REALTIME_TIMESTAMP"))
    if at is None:
        return None
    said = said if isinstance(said, str) else bytes(said).decode("utf-8", "replace")
    return Line(
        at=at,
        program=_word(told, "SYSLOG_IDENTIFIER") or _word(told, "_COMM"),
        pid=_word(told, "_PID") or _word(told, "SYSLOG_PID"),
        message=said,
        evidence=evidence,
        unit=_word(told, "UNIT") or _word(told, "_SYSTEMD_UNIT"),
        boot=_word(told, "_BOOT_ID"),
        uptime=_seconds(told.get("__MONOTONIC_TIMESTAMP")),
        job=_word(told, "JOB_TYPE"),
    )


def _word(told: dict[str, object], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> float | None:
    return int(value) * _MICRO if isinstance(value, str) and value.isdecimal() else None


def _written(text: str, evidence: str, clock: HostClock) -> Line | None:
    """Return a parsed line of syslog.  The line's time has a time zone, or is the host's local time without a year."""
    found = _SYSLOG.match(text)
    if found is None:
        return None
    when = found["when"]
    at = moment(when) if when[0].isdigit() else clock.yearless(when)
    if at is None:
        return None
    said = _UPTIME.sub("", found["message"]) if found["program"] == "kernel" else found["message"]
    return Line(at, found["program"], found["pid"] or "", said, evidence)
