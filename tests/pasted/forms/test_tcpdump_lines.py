"""Packets of tcpdump become outcomes where they plainly show one."""

from typing import Any

import pytest

from tests.pasted.readings import outcomes_in

CASES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "tcpdump: SYNs without an answer": (
        (
            "12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1\n12:00:01.1 IP 10.8.0.9.4444 > "
            "10.8.0.5.80: Flags [S], seq 1"
        ),
        [("10.8.0.5", 80, "timeout", "")],
    ),
    "tcpdump: one SYN tells nothing": ("12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1", []),
    "tcpdump: a reset": (
        (
            "12:00:00.1 IP 10.8.0.9.4444 > 10.8.0.5.80: Flags [S], seq 1\n12:00:00.2 IP 10.8.0.5.80 > "
            "10.8.0.9.4444: Flags [R.], seq 0"
        ),
        [("10.8.0.5", 80, "refused", "")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_the_words_become_an_outcome(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert outcomes_in(text) == expected
