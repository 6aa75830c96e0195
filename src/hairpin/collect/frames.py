"""Reads what ``collect.sh`` prints.

    output  := noise* "hairpin-collect/1 " TOKEN NL begin reading* done
    begin   := TOKEN TAB "begin" TAB date TAB uptime TAB hostname TAB kernel TAB uid NL
    reading := TOKEN TAB "reading" TAB key TAB netns TAB uptime TAB origin NL body
               NL TOKEN TAB "end" TAB status TAB outcome [TAB uptime] NL stderr
    done    := TOKEN TAB "done" NL

Each run draws a new token.  Therefore no text in a rule, a log or a file of the host can look like a frame.  Noise
before the first line (a login banner, a shell's start-up file) is skipped.  A reading without an end was stopped at its
time limit.  An output without ``done`` was cut off on its way.
"""

import re
from datetime import datetime, timedelta

from hairpin.errors import CollectError
from hairpin.evidence.reading import SCHEMA, Evidence, Outcome, Reading, spelt, utc_text
from hairpin.message import Message, message

_FIRST = re.compile(rb"^hairpin-collect/1 ([0-9a-f-]{32,36})\r?$", re.MULTILINE)
_ABSENT = re.compile(
    r"not found|No such file or directory|is unknown, try|No such device|not supported(?! by userspace)|applet not",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"permission denied|not permitted|must be root|are you root|EPERM|access denied|not authorized|Interactive auth",
    re.IGNORECASE,
)
_STDERR_CHARS = 2000
_DAY_S = 86400


def begins(output: bytes) -> bool:
    """Return whether the script's first line is in the first bytes of an output."""
    return _FIRST.search(output) is not None


def parse(output: bytes, *, hairpin: str, source: str) -> Evidence:
    """Return the evidence that one run of ``collect.sh`` printed.

    ``source`` is the host's name for messages.  Raises CollectError if the output is cut, or is not the output of
    ``collect.sh``.
    """
    first = _FIRST.search(output)
    if first is None:
        raise CollectError(
            message(
                "{source}: the collector did not start; it printed: {output}", source=source, output=_excerpt(output)
            )
        )
    token = first.group(1)
    # output[first.end()] is the newline before the first frame.  A regular expression takes 20 times as long to split.
    frames = output[first.end() :].split(b"\n" + token + b"\t")
    head, _, rest = frames[1].partition(b"\n") if len(frames) > 1 else (b"", b"", b"")
    begin = _text(head).split("\t")
    if len(begin) != 6 or begin[0] != "begin" or rest:
        raise CollectError(
            message("{source}: the collector's answer has no header: {output}", source=source, output=_excerpt(output))
        )
    if frames[-1].rstrip(b"\n") != b"done":
        raise CollectError(
            message(
                "{source}: the collector's answer was cut after {count} bytes (connection lost, or the "
                "process killed); run it again",
                source=source,
                count=len(output),
            )
        )
    _, date, uptime, hostname, kernel, _ = map(spelt, begin)
    readings = _readings(frames[2:-1], _Clock(date, uptime))
    return Evidence(SCHEMA, hairpin, date, hostname, kernel, readings)


class _Clock:
    """Converts the uptimes that the script prints into times of day.  The script prints uptimes because it can read
    /proc/uptime without starting a process."""

    def __init__(self, date: str, uptime: str) -> None:
        try:
            self._start = datetime.fromisoformat(date)
        except ValueError as error:
            raise CollectError(message("the collector's answer has a bad date: {date!r}", date=date)) from error
        self._uptime = uptime

    def at(self, uptime: str) -> str:
        """Return the time as RFC 3339 in UTC; the start of the run if the host printed no uptime."""
        try:
            seconds = float(uptime) - float(self._uptime)
        except ValueError:
            seconds = 0.0
        elapsed = timedelta(seconds=seconds if 0 < seconds < _DAY_S else 0)
        return utc_text(self._start + elapsed, "milliseconds")


def _readings(frames: list[bytes], clock: _Clock) -> tuple[Reading, ...]:
    """Return the readings in the order of the output, numbered from e1."""
    readings: list[Reading] = []
    pending = iter([*frames, b""])
    frame = next(pending)
    while frame:
        head, _, body = frame.partition(b"\n")
        following = next(pending, b"")
        kind, *fields = _text(head).split("\t", 4)
        if kind == "reading" and len(fields) == 4:
            key, netns, uptime, origin = map(spelt, fields)
            number = f"e{len(readings) + 1}"
            at = clock.at(uptime)
            status, outcome, text = _answer(body, following)
            took_ms = _took_ms(uptime, following)
            readings.append(Reading(number, key, netns, origin, at, status, outcome, text, took_ms))
            if following.startswith(b"end\t"):
                following = next(pending, b"")
        frame = following
    return tuple(readings)


def _answer(body: bytes, trailer: bytes) -> tuple[int, Outcome, str]:
    """Return status, outcome and text of one reading.  A reading without a trailer was stopped at its time limit."""
    head, _, stderr = trailer.partition(b"\n")
    fields = _text(head).split("\t")
    if len(fields) not in (3, 4) or fields[0] != "end" or not fields[1].isdigit():
        return 124, "failed", "no answer within the time limit"
    status = int(fields[1])
    error = _text(stderr).strip("\n")[:_STDERR_CHARS]
    text = _text(body)
    match fields[2]:
        case "text" | "absent" | "refused" | "failed" as told:
            outcome: Outcome = told
        case _:
            outcome = _outcome(status, error)
    return status, outcome, text if outcome == "text" else error or text[:_STDERR_CHARS]


def _took_ms(begun: str, trailer: bytes) -> int | None:
    """Return how long the answer took; None if the host printed no uptime.  /proc/uptime counts hundredths."""
    try:
        seconds = float(_text(trailer.partition(b"\n")[0]).split("\t")[3]) - float(begun)
    except (IndexError, ValueError):
        return None
    return round(seconds * 1000) if 0 <= seconds < _DAY_S else None


def _outcome(status: int, error: str) -> Outcome:
    """Return the outcome of a command, derived from its exit status and its standard error.  The texts of standard
    error are in the C locale."""
    if status == 0:
        return "text"
    if status == 127:
        return "absent"
    if _REFUSED.search(error):
        return "refused"
    if _ABSENT.search(error):
        return "absent"
    return "failed"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _excerpt(output: bytes) -> Message | str:
    return repr(output[:300].decode("utf-8", "replace")) if output else message("nothing")
