"""A time as every report writes it."""

from datetime import UTC, datetime

from hairpin.evidence.reading import utc_text


def time_text(seconds: float) -> str:
    """Return the time of seconds since the epoch as RFC 3339, UTC, to the second."""
    return utc_text(datetime.fromtimestamp(seconds, UTC))
