"""A time as every report writes it."""

from datetime import UTC, datetime


def time_text(seconds: float) -> str:
    """Return the time of seconds since the epoch as RFC 3339, UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
