"""From when on a story is told: ``--since`` as people type it."""

import re
from datetime import UTC, datetime, timedelta

from hairpin.errors import UsageError
from hairpin.message import message

_SPAN = re.compile(r"(\d+)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)(?:\s+ago)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def parse_since(text: str, now: float) -> float:
    """Return the time that ``2h``, ``yesterday``, ``2026-11-20 14:00`` or an RFC 3339 text means, in seconds since the
    epoch.  A time without a zone is UTC.

    ``now``: seconds since the epoch, from which spans and names of days count.  Raises UsageError for another text, and
    for a time that is ahead of ``now``."""
    at = _time(text.strip(), datetime.fromtimestamp(now, UTC))
    if at is None:
        raise UsageError(
            message(
                "--since {text!r} is no time; write 2h, 3d, yesterday, `2026-11-20 14:00` (UTC) or "
                "2026-11-20T14:00:00+01:00",
                text=text,
            )
        )
    if at.timestamp() > now:
        raise UsageError(message("--since {text!r} is ahead of the time at which the host was read", text=text))
    return at.timestamp()


def _time(text: str, now: datetime) -> datetime | None:
    span = _SPAN.fullmatch(text.lower())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if span is not None:
        try:
            return now - timedelta(seconds=int(span[1]) * _UNITS[span[2][0]])
        except OverflowError:
            return None
    match text.lower():
        case "today":
            return midnight
        case "yesterday":
            return midnight - timedelta(days=1)
        case _:
            pass
    if _CLOCK.fullmatch(text):
        text = f"{midnight.date().isoformat()} {text.zfill(5)}"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
