"""A page says what the targets take, by a clock that is not too old."""

import pytest

from tools.clock import OLDEST, PAGE, Figure, commits, figures, recorded, told

TEXT = "| `make unit` | 60 s | 55 s | 2 | 5,021 |\n| `make check` | 60 s | 58 s | 2 | 5,021 |\n"
NEW = Figure("check", 60, 61, 4, 12345)


def test_a_figure_stands_in_its_own_row() -> None:
    page = recorded(TEXT, NEW)
    assert page == TEXT.replace(
        "| `make check` | 60 s | 58 s | 2 | 5,021 |", "| `make check` | 60 s | 61 s | 4 | 12,345 |"
    )
    assert figures(page) == {"unit": Figure("unit", 60, 55, 2, 5021), "check": NEW}


def test_a_run_ends_with_its_time_its_processors_and_its_commit() -> None:
    assert told(NEW) == "make check: 61 s on 4 processors, after 12,345 commits"
    assert told(NEW._replace(commits=0)) == "make check: 61 s on 4 processors, of an unknown commit"


def test_the_page_has_each_target_and_no_old_figure() -> None:
    said = figures(PAGE.read_text("utf-8"))
    assert set(said) == {"unit", "check", "test"}
    now = commits()
    if not now:
        pytest.skip("this checkout has no history")
    old = [each.target for each in said.values() if now - each.commits > OLDEST]
    assert old == [], "on a quiet machine: make TARGET RECORD=1"
