r"""Reduces a line of a log to the program's own words: without escape sequences, JSON, prefixes and time.

Most lines of a long log have no known meaning, so ``readable`` does only the work that a search for words needs.  The
prefix of a line may also name the line's speaker: a container, or a program and its host.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import msgspec

from hairpin.story.clock import MONTHS, last_such_time

_ANSI = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_NUMBERS = msgspec.json.Decoder(dict[str, object])
_TEXTS = ("MESSAGE", "message", "msg", "log", "error", "err", "text", "event", "body", "reason", "detail")
_TIMES = ("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP", "time", "ts", "timestamp", "@timestamp")
_CONTAINERS = ("CONTAINER_NAME", "container_name", "_container_name")
"""The fields with the container's name in the log lines of Docker's log drivers journald, fluentd and gelf."""
_PROGRAMS = ("SYSLOG_IDENTIFIER", "_COMM", "_SYSTEMD_UNIT", "name")
_NAME = re.compile(r"/?[\w.@-]+")
LONGEST = 65536
"""The greatest number of bytes of a line that are examined together."""
_LOOKED_AT = 160
"""The number of characters at the beginning of a line in which the line's time is searched."""
_ISO = re.compile(
    r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?"
)
_SYSLOG = re.compile(
    rf"\b({'|'.join(MONTHS)}) {{1,2}}(\d{{1,2}}) (\d\d):(\d\d):(\d\d)(?:\.(\d{{1,9}}))?(?: (\d{{4}})\b)?", re.IGNORECASE
)
_UNIX = re.compile(r"^(1\d{9})\.(\d{3,9}) ")
_PREFIXES = tuple(
    re.compile(each, re.IGNORECASE)
    for each in (
        r"(?:> ?)+",  # the quote marks of a mail
        r"[\w.-]+ +\| ",  # docker compose logs
        r"<\d{1,3}>(?:1 )?",  # RFC 3164 and 5424
        r"(?:kern|user|daemon|syslog) *:\w+ *: ",  # dmesg -x
        r"\[ *\d+\.\d{1,6}\] ",
        r"\[[a-z]{3} [a-z]{3} +\d+ [\d:.]+(?: \d{4})?\] ",
        r"time=\"?[\dT:.Z+-]+\"? level=\w+ msg=",
        r"(?:[a-z]{3} )?\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,]+(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))? ",
        r"[a-z]{3} [ \d]\d [\d:.]{8,} ",
        r"1\d{9}\.\d{3,9} ",
        r"[IWEF]\d{4} [\d:.]+ +\d+ [\w./-]+:\d+\] ",  # klog
        r"[\w.-]+ [\w./@-]+\[\d+\]: ",  # host and program
        r"[\w.-]+ kernel: ",
        r"[\w./@-]+\[\d+\]: ",
        r"kernel: ",
        r"[\w.-]+ [\w./-]+ \d+ [\w-]+ (?:-|\[.*?\]) ",  # the rest of RFC 5424
    )
)
_TIME = r"(?:<\d{1,3}>(?:1 )?)?(?:\[[^\]]*\] )?(?:[A-Za-z]{3} )?"
_MOMENT = (
    r"(?:[A-Za-z]{3} [ \d]\d [\d:.]{8,}(?: \d{4})?|\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,]+(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
    r"|1\d{9}\.\d{3,9})"
)
_COMPOSED = re.compile(rf"(?:{_TIME}{_MOMENT} )?(?P<container>[\w.-]+) +\| ")
_LOGGED = re.compile(rf"(?:{_TIME}{_MOMENT} )?(?P<host>[\w.-]+) (?P<program>[\w./@:-]+)\[\d+\]: ")
_SYSLOG_PREFIX = re.compile(
    rf"{_TIME}(?:[A-Za-z]{{3}} [ \d]\d [\d:.]{{8,}}|{_MOMENT}(?= [\w.-]+ kernel: )) "
    r"(?P<host>[\w.-]+) (?P<program>[\w./@-]+): "
)
_RFC5424 = re.compile(rf"<\d{{1,3}}>1 {_MOMENT} (?P<host>[\w.-]+) (?P<program>[\w./-]+) [\d-]+ \S+ ")
_BARE = re.compile(r"(?P<program>[\w./@-]+)\[\d+\]: ")
_FORMS = (_COMPOSED, _LOGGED, _RFC5424, _SYSLOG_PREFIX, _BARE)


class Clock(msgspec.Struct, frozen=True):
    """The time by which a line without a year is dated, and the time zone of times that name no zone."""

    now: datetime
    zone: tzinfo = UTC


def readable(raw: bytes) -> bytes:
    """Return the words of a line, without escape sequences and escaped line ends.  If the line is of a JSON log, return
    only its time, its printer and its message."""
    if b"\x1b" in raw:
        raw = _ANSI.sub(b"", raw)
    if b'{"' in raw:
        raw = _opened(raw)
    if b"\\" in raw:
        raw = raw.replace(b"\\n", b" ").replace(b"\\t", b" ")
    return raw


def _opened(raw: bytes) -> bytes:
    """Return the text before the JSON, then the time, the printer and the texts in the JSON.  Return the line itself if
    it has no JSON, or if the JSON has none of the known texts."""
    begin = raw.find(b'{"')
    try:
        fields = _NUMBERS.decode(raw[begin:].decode("utf-8", "replace"))
    except msgspec.DecodeError:
        return raw
    texts = [_words(fields[name]) for name in _TEXTS if name in fields]
    if not any(texts):
        return raw
    time = next((_stamp(fields[name]) for name in _TIMES if name in fields), b"")
    return raw[:begin] + time + _speaker(fields) + b" ".join(filter(None, texts))


def _speaker(fields: dict[str, object]) -> bytes:
    """Return the speaker of a line of a JSON log: the container, or the host and the program.  The text has the format
    of journalctl or ``docker compose logs``."""
    container = next((name for key in _CONTAINERS if (name := _name(fields.get(key)))), "").removeprefix("/")
    host = _name(fields.get("_HOSTNAME")) or _name(fields.get("hostname"))
    if container:
        return (f"{host} docker/{container}[0]: " if host else f"{container} | ").encode()
    program = next((name for key in _PROGRAMS if (name := _name(fields.get(key)))), "-")
    pid = fields.get("_PID", fields.get("pid", 0))
    return f"{host} {program}[{pid if str(pid).isdigit() else 0}]: ".encode() if host else b""


def _name(value: object) -> str:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def _words(value: object) -> bytes:
    match value:
        case str():
            return value.strip().encode("utf-8", "replace")
        case dict():
            fields = msgspec.convert(value, dict[str, object])
            return b" ".join(filter(None, map(_words, fields.values())))
        case _:
            return _octets(value)


def _octets(value: object) -> bytes:
    """Return the bytes of a journald message that is not UTF-8, which journald writes as a list of byte values.

    For any other message, return no bytes."""
    try:
        return bytes(msgspec.convert(value, list[int]))
    except (msgspec.ValidationError, ValueError):
        return b""


def _stamp(value: object) -> bytes:
    if isinstance(value, str) and not value.isdigit():
        return f"{value} ".encode()
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return b""
    number = float(value)
    while number > 1e11:  # milli-, micro- or nanoseconds
        number /= 1000
    return f"{_at(number).isoformat()} ".encode()


def _at(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def decode(line: bytes) -> str:
    """Return the line as text.  Bytes that are not UTF-8 are read as Latin 1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def time_of(text: str, clock: Clock) -> datetime | None:
    """Return the time of the line, in UTC; None if the line has no time."""
    head = text[:_LOOKED_AT]
    try:
        if (found := _ISO.search(head)) is not None:
            year, month, day, hour, minute, second = map(int, found.groups()[:6])
            zone = _zone(found[8], clock)
            return datetime(year, month, day, hour, minute, second, _micro(found[7]), zone).astimezone(UTC)
        if (found := _UNIX.search(head)) is not None:
            return _at(float(f"{found[1]}.{found[2][:6]}"))
        if (found := _SYSLOG.search(head)) is not None:
            return _of_syslog(found, clock)
    except (ValueError, OverflowError):  # there is no such day, such as 31 February
        return None
    return None


def _of_syslog(found: re.Match[str], clock: Clock) -> datetime | None:
    """Return the time of a syslog line.  If the year is missing, return the last such time that is not in the
    future."""
    day = (MONTHS.index(found[1].title()) + 1, int(found[2]), int(found[3]), int(found[4]), int(found[5]))
    if found[7]:
        at: float | None = datetime(int(found[7]), *day, tzinfo=clock.zone).timestamp()
    else:
        at = last_such_time(day, clock.now.timestamp(), clock.zone)
    return None if at is None else _at(at) + timedelta(microseconds=_micro(found[6]))


def _micro(digits: str | None) -> int:
    return int((digits or "0").ljust(6, "0")[:6])


def _zone(text: str | None, clock: Clock) -> tzinfo:
    if not text:
        return clock.zone
    if text in ("Z", "z", "UTC"):
        return UTC
    digits = text.replace(":", "")
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-offset if digits[0] == "-" else offset)


def has_prefix(text: str) -> bool:
    """Return whether the line begins with a log prefix.  A line with a prefix does not continue the line before."""
    return any(each.match(text) for each in _PREFIXES[1:])


def without_prefix(text: str) -> str:
    """Return the program's own words, without the log's prefixes."""
    text = text.strip()
    for _ in range(5):
        end = next((found.end() for each in _PREFIXES if (found := each.match(text)) is not None), 0)
        if not end or end >= len(text):
            break
        text = text[end:].lstrip()
    if text.startswith('"') and text.count('"') >= 2:
        text = text.replace('\\"', "'").replace('"', "", 2) if text.count('"') == 2 else text[1:].replace('\\"', "'")
    return text


class Speaker(msgspec.Struct, frozen=True):
    """The machine, the program or the container that printed a line.

    All fields are empty if the speaker is unknown.  ``host``: the host name of the machine, or of a container.
    ``container``: the container's name in ``docker compose logs`` or in the tag of a log driver."""

    host: str = ""
    program: str = ""
    container: str = ""


NOBODY = Speaker()
"""The speaker of a line that does not name its speaker."""


def speaker_of(text: str) -> Speaker:
    """Return the speaker of the line.  ``text``: the decoded result of ``line.readable``."""
    head = text.lstrip()[:300]
    for form in _FORMS:
        found = form.match(head)
        if found is not None:
            return Speaker(**found.groupdict())
    return NOBODY
