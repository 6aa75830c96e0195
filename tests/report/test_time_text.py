"""A time as every report writes it."""

from hairpin.report.time_text import time_text


def test_a_time_is_utc_to_the_second() -> None:
    assert time_text(60.9) == "1970-01-01T00:01:00Z"
