"""Jumps of the host's clock."""

from hairpin.story.logs.clock_jumps import clock_entries
from tests.story.recorded import BEGUN, entry, traces


def test_a_jump_is_told() -> None:
    log = "\n".join((entry(3, "systemd", "early", jump=-3600), entry(20, "systemd", "late")))
    (found,) = clock_entries(traces(("trace-units", log)))
    assert str(found.what).startswith("the clock was put forward by 3600 s")
    assert found.at == BEGUN + 20


def test_a_jump_back_is_told() -> None:
    log = "\n".join((entry(3, "systemd", "early", jump=60), entry(20, "systemd", "late")))
    (found,) = clock_entries(traces(("trace-units", log)))
    assert str(found.what).startswith("the clock was put back by 60 s")


def test_a_clock_that_is_kept_right_does_not_jump() -> None:
    log = "\n".join((entry(3, "systemd", "early", jump=0.9), entry(20, "systemd", "late")))
    assert list(clock_entries(traces(("trace-units", log)))) == []
