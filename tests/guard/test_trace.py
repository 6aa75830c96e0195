"""The memory of this host's guards, as a trace."""

from pathlib import Path

import pytest

from hairpin.guard import trace
from hairpin.guard.memory import FILE, Memory
from hairpin.guard.trace import with_guard
from hairpin.story.guarded import KEY, GuardedRound, guarded_of
from hairpin.story.traces import traces_of
from tests.report.answers import evidence


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(trace, "FOLDER", tmp_path)
    return tmp_path


def test_what_a_guard_kept(folder: Path) -> None:
    with Memory(folder / FILE, writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        for at in (1000.0, 2000.0):
            kept.keep(at, None, GuardedRound(kept.number, at, at + 1))
    told = guarded_of(traces_of(with_guard(evidence(), 1500.0)))
    assert told.runs == ()  # it was not heard since
    assert [each.at for each in told.rounds] == [2000.0]
    assert [each.number for each in guarded_of(traces_of(with_guard(evidence(), 900.0))).runs] == [1]


def test_no_guard_and_a_memory_that_cannot_be_read(folder: Path) -> None:
    assert with_guard(evidence(), None) == evidence()
    (folder / FILE).write_text("no database\n" * 100)
    assert with_guard(evidence(), None).all(KEY) == ()


def test_a_guard_of_another_namespace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Memory(folder / FILE, writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        kept.keep(1000.0, None, GuardedRound(kept.number, 1000.0, 1001.0))
    monkeypatch.setattr("hairpin.guard.memory.own_netns", lambda: "net:[1]")
    assert with_guard(evidence(), 0.0) == evidence()
