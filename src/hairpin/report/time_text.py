"""Writes a time in the one format that all reports use."""

from datetime import UTC, datetime

from hairpin.evidence.reading import utc_text


def time_text(seconds: float) -> str:
    """Return a time in seconds since the epoch as text in the format of RFC 3339, in UTC, without fractions of a
    second."""
    return utc_text(datetime.fromtimestamp(seconds, UTC))
