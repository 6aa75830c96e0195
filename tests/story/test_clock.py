"""Times as the logs of a host tell them."""

import pytest

from hairpin.evidence.reading import moment
from hairpin.story.clock import HostClock, clock_of
from tests.story.recorded import NOW, evidence

BERLIN = HostClock(NOW, NOW - 604800, zone="Europe/Berlin", offset_s=3600)
LOCAL: dict[str, tuple[str, str]] = {
    "winter": ("2026-11-20 14:00:01", "2026-11-20T13:00:01Z"),
    "summer time": ("2026-07-20 14:00:01", "2026-07-20T12:00:01Z"),
    "apt's two blanks": ("2026-11-20  14:00:01", "2026-11-20T13:00:01Z"),
}


@pytest.mark.parametrize(("text", "expected"), LOCAL.values(), ids=LOCAL)
def test_a_local_time_is_read_in_the_hosts_zone(text: str, expected: str) -> None:
    assert BERLIN.local(text) == moment(expected)


def test_an_unknown_zone_is_read_by_its_offset() -> None:
    assert HostClock(NOW, 0, zone="Nowhere/City", offset_s=-3600).local("2026-11-20 14:00:01") == moment(
        "2026-11-20T15:00:01Z"
    )


@pytest.mark.parametrize("text", ("", "2026-13-45 14:00:01", "yesterday"))
def test_a_text_without_a_time_has_none(text: str) -> None:
    assert BERLIN.local(text) is None
    assert BERLIN.yearless(text) is None


def test_a_time_without_a_year_is_the_last_one() -> None:
    clock = HostClock(NOW, 0)
    assert clock.yearless("Nov 20 14:00:01") == moment("2026-11-20T14:00:01Z")
    assert clock.yearless("Dec 31 23:59:59") == moment("2025-12-31T23:59:59Z")
    assert clock.yearless("Feb 29 10:00:00") is None


def test_the_clock_of_a_host() -> None:
    text = (
        f"now {NOW}\nsince 1795000000\nbtime 1795600000\nzone Asia/Kolkata\noffset +0530\njournal volatile\n"
        "journal-begins 1795600001\n"
    )
    assert clock_of(evidence(("trace-clock", text))) == HostClock(
        NOW, 1795000000, 1795600000, "Asia/Kolkata", 19800, "volatile", 1795600001, "e1"
    )


def test_without_the_reading_the_clock_is_that_of_the_evidence() -> None:
    bare = evidence(("trace-clock", ""))
    assert clock_of(bare).now == moment("2026-11-26T13:33:20Z")


def test_nanoseconds_are_read() -> None:
    assert moment("2026-11-26T00:22:34.123456789Z") == pytest.approx(1795652554.123456)
