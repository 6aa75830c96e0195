"""What guards have seen, in a file: it is bounded, and tells whether a guard lives."""

import os
from pathlib import Path

import pytest

from hairpin.errors import EvidenceError, UsageError
from hairpin.guard import memory
from hairpin.guard.change import GuardState
from hairpin.guard.memory import BEAT_S, LATE_S, OLDEST_S, Memory


def test_rounds_come_back_in_their_order(tmp_path: Path) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        for number in range(5):
            kept.keep(1000.0 + number, str(number).encode())
        assert list(kept.rounds()) == [b"0", b"1", b"2", b"3", b"4"]
        assert list(kept.rounds(1003.0)) == [b"3", b"4"]


def test_old_rounds_go_and_so_do_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_ROUNDS", 3)
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        for number in range(6):
            kept.keep(1000.0 + number, str(number).encode())
        assert list(kept.rounds()) == [b"3", b"4", b"5"]
        kept.keep(1004.5 + OLDEST_S, b"late")
        assert list(kept.rounds()) == [b"5", b"late"]


def state(kept: Memory, now_s: float) -> GuardState:
    found = kept.last(now_s)
    assert found is not None
    return found


def test_a_guard_lives_while_it_says_so(tmp_path: Path) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        assert kept.last(1000.0) is None
        kept.begin("expect.toml", 1000.0, ("half of it",))
        kept.beat(1001.0, (7, 2))
        kept.beat(1002.0)  # too soon
        told = GuardState(os.getpid(), "expect.toml", 1000.0, 1001.0, 7, 2, ("half of it",), lives=True)
        assert state(kept, 1001.0 + LATE_S - 1) == told
        assert state(kept, 1001.0 + LATE_S) == told._replace(lives=False)
        kept.beat(1001.0 + BEAT_S)
        assert state(kept, 1001.0 + LATE_S).lives


def test_the_file_is_read_while_it_is_written(tmp_path: Path) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        kept.keep(1000.0, b"{}")
        with Memory(tmp_path / "guard.db", writes=False) as other:
            assert list(other.rounds()) == [b"{}"]


def test_no_file_and_a_foreign_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no guard has run on this host"):
        Memory(tmp_path / "guard.db", writes=False)
    (tmp_path / "guard.db").write_text("not a database, but long enough to be looked at\n" * 40)
    with pytest.raises(EvidenceError, match="cannot be used"):
        Memory(tmp_path / "guard.db", writes=True)
