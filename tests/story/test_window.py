"""``--since`` as people type it."""

import pytest

from hairpin.errors import UsageError
from hairpin.story.clock import moment
from hairpin.story.window import parse_since
from tests.story.recorded import NOW

CASES: dict[str, str] = {
    "2h": "2026-11-26T11:33:20Z",
    "90 minutes ago": "2026-11-26T12:03:20Z",
    "3d": "2026-11-23T13:33:20Z",
    "1 week": "2026-11-19T13:33:20Z",
    "today": "2026-11-26T00:00:00Z",
    "yesterday": "2026-11-25T00:00:00Z",
    "2026-11-20 14:00": "2026-11-20T14:00:00Z",
    "2026-11-20": "2026-11-20T00:00:00Z",
    "2026-11-20T14:00:00+01:00": "2026-11-20T13:00:00Z",
    "2026-11-20T14:00:00Z": "2026-11-20T14:00:00Z",
    "9:30": "2026-11-26T09:30:00Z",
}


@pytest.mark.parametrize(("text", "expected"), CASES.items(), ids=CASES)
def test_forms(text: str, expected: str) -> None:
    assert parse_since(text, NOW) == moment(expected)


@pytest.mark.parametrize("text", ("", "soon", "2026-13-01", "99999999999999d", "h"))
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        parse_since(text, NOW)


def test_a_time_ahead_is_refused() -> None:
    with pytest.raises(UsageError, match="ahead of the time"):
        parse_since("2027-01-01", NOW)
