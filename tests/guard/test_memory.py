"""What guards have seen, in a file: it is bounded, survives a kill, a full disk and damage, and tells whether a guard
lives."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from hairpin.errors import EvidenceError, UsageError
from hairpin.guard.change import GuardState, Undelivered
from hairpin.guard.memory import BEAT_S, LATE_S, OLDEST_S, Memory
from hairpin.story.guarded import GuardedChange, GuardedRound, GuardRun, Maker

FIRST = """
create table guard (number integer primary key, process integer, file text, started_s real, beat_s real,
    expectations integer, broken integer, blind text);
create table round (guard integer, at_s real, told text);
create index round_at on round (at_s);
insert into guard values (1, 1, 'expect.toml', 900, 950, 3, 0, '[]');
insert into round values (1, 940, '{"old": 1}');
"""
"""The tables of the first version, with a round."""
WRITER = """
import sys
from pathlib import Path
from hairpin.guard.memory import Memory
memory = Memory(Path(sys.argv[1]), writes=True)
memory.begin("expect.toml", 1000.0, ())
number = 0
while True:
    number += 1
    memory.keep(1000.0 + number, b'{"number": %d, "text": "%s"}' % (number, b"x" * (number * 37 % 3000)))
    assert memory.failure is None
    print(number, flush=True)
"""


def draw_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


def noise(seed: int, count: int) -> bytes:
    """Return bytes that cannot be compressed."""
    return draw_of(seed).randbytes(count)


def test_rounds_come_back_in_their_order(tmp_path: Path) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        for number in range(5):
            kept.keep(1000.0 + number, str(number).encode())
        assert list(kept.rounds()) == [b"0", b"1", b"2", b"3", b"4"]
        assert list(kept.rounds(1003.0)) == [b"3", b"4"]


def test_a_round_that_told_nothing_is_kept_too(tmp_path: Path) -> None:
    change = GuardedChange("rules", 999.5, "7", Maker(12, "nft", "nft flush ruleset", ("sh",), "cron.service"))
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        kept.begin("expect.toml", 990.0, ())
        seen = GuardedRound(kept.number, 1000.0, 1000.2, (change,))
        kept.keep(1000.0, None, seen)
        kept.keep(1001.0, b"{}", GuardedRound(kept.number, 1001.0, 1001.2))
        kept.settle(1002.0)
        assert list(kept.rounds()) == [b"{}"]
        assert list(kept.all_rounds()) == [seen, b"{}"]
        run, *rounds = kept.lines(0.0, 1 << 20)
        assert run == GuardRun(kept.number, 990.0, 1002.0, 1002.0)
        assert rounds[0] == seen
        assert kept.lines(0.0, 1)[1:] == ()  # no room for a round


def test_old_rounds_go(tmp_path: Path) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        kept.keep(1000.0, b"old")
        kept.keep(1005.0, b"young")
        kept.keep(1004.5 + OLDEST_S, b"late")
        assert list(kept.rounds()) == [b"young", b"late"]


def test_the_file_has_a_greatest_size(tmp_path: Path) -> None:
    most = 1 << 19
    with Memory(tmp_path / "guard.db", writes=True, most_bytes=most) as kept:
        for number in range(600):
            kept.keep(1000.0 + number, noise(number, 4000))
        left = list(kept.rounds())
        assert left[-1] == noise(599, 4000)
        assert 50 < len(left) < 200
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 1.3 * most


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
        kept.see(())
        assert state(kept, 1001.0 + LATE_S).blind == ()
        kept.end(1020.0)
        assert not state(kept, 1020.0).lives


def test_alerts_that_could_not_be_delivered(tmp_path: Path) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        first, second, _ = (kept.begin_alert(1000.0 + n, "broke", "webhook") for n in range(3))
        kept.end_alert(first, "", 1)
        kept.end_alert(second, "it answered 500", 5)
        assert state(kept, 1010.0).undelivered == (Undelivered("webhook", 1, 1001.0, "it answered 500"),)
        kept.begin("expect.toml", 1020.0, ())  # the third one was still waiting
        (lost,) = state(kept, 1020.0).undelivered
        assert lost.number == 2


def test_the_file_is_read_while_it_is_written(tmp_path: Path) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        kept.keep(1000.0, b"{}")
        with Memory(tmp_path / "guard.db", writes=False) as other:
            assert list(other.rounds()) == [b"{}"]


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "guard.db"
    path.touch(0o644)
    with Memory(path, writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}


def test_no_file() -> None:
    with pytest.raises(UsageError, match="no guard has run on this host"):
        Memory(Path("/nonexistent/guard.db"), writes=False)


def test_a_foreign_file_is_set_aside_with_its_name_said(tmp_path: Path) -> None:
    path = tmp_path / "guard.db"
    for number in range(5):
        path.write_text(f"no database {number}\n" * 80)
        with pytest.raises(EvidenceError, match="cannot be used"):
            Memory(path, writes=False)
        with Memory(path, writes=True) as kept:
            assert "guard.db was damaged" in str(kept.said)
            kept.keep(1000.0, b"{}")
            assert list(kept.rounds()) == [b"{}"]
    aside = [each for each in tmp_path.iterdir() if "damaged" in each.name]
    assert len(aside) == 3  # the oldest ones went
    assert any(each.read_text().startswith("no database 4") for each in aside)


def test_a_damaged_page_is_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "guard.db"
    with Memory(path, writes=True) as kept:
        for number in range(200):
            kept.keep(1000.0 + number, noise(number, 2000))
    data = bytearray(path.read_bytes())
    data[8192 : len(data) // 2] = noise(1, len(data) // 2 - 8192)
    path.write_bytes(data)
    with Memory(path, writes=True) as kept:
        assert "damaged" in str(kept.said)
        kept.keep(1.0, b"{}")
        assert list(kept.rounds()) == [b"{}"]


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "guard.db"
    with sqlite3.connect(path) as base:
        base.executescript(FIRST)
    base.close()
    with Memory(path, writes=False) as kept:  # by a newer program, before a guard has opened it
        assert list(kept.rounds()) == [b'{"old": 1}']
        assert list(kept.all_rounds()) == [b'{"old": 1}']
        assert kept.lines(0.0, 1 << 20) == ()
        assert not state(kept, 950.0).undelivered
    for _ in range(2):
        with Memory(path, writes=True) as kept:
            assert kept.said is None
            kept.begin("expect.toml", 1000.0, ())
            kept.keep(1000.0, b"{}", GuardedRound(kept.number, 1000.0, 1000.1))
            assert next(kept.rounds()) == b'{"old": 1}'
            assert kept.lines(0.0, 1 << 20)


def test_a_file_of_a_newer_version_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "guard.db"
    with sqlite3.connect(path) as base:
        base.execute("pragma user_version=99")
    base.close()
    with pytest.raises(EvidenceError, match="newer hairpin"):
        Memory(path, writes=False)
    with Memory(path, writes=True) as kept:
        assert "of a newer hairpin" in str(kept.said)


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_any_moment_loses_nothing_that_was_kept(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "guard.db"
    count = draw_of(seed).randrange(1, 60)
    with subprocess.Popen((sys.executable, "-c", WRITER, str(path)), stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        last = 0
        for line in writer.stdout:
            last = int(line)
            if last == count:
                break
        writer.kill()
    with Memory(path, writes=True) as kept:
        assert kept.said is None
        numbers = [msgspec.json.decode(each, type=dict[str, object])["number"] for each in kept.rounds()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= last


@pytest.mark.parametrize("seed", range(20))
def test_a_torn_log_is_no_error(tmp_path: Path, seed: int) -> None:
    """A power cut leaves a log that ends anywhere, and what was written last may be anything."""
    path = tmp_path / "guard.db"
    draw = draw_of(seed)
    with Memory(path, writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        for number in range(30):
            kept.keep(1000.0 + number, str(number).encode())
        torn = tmp_path / "torn"
        torn.mkdir()
        shutil.copy(path, torn / "guard.db")
        log = (tmp_path / "guard.db-wal").read_bytes()
    cut = draw.randrange(len(log) // 2, len(log))
    (torn / "guard.db-wal").write_bytes(log[:cut] + draw.randbytes(draw.randrange(0, 3000)))
    with Memory(torn / "guard.db", writes=True) as kept:
        assert kept.said is None
        found = list(kept.rounds())
        assert found == [str(number).encode() for number in range(len(found))]
        kept.keep(2000.0, b"on")
        assert list(kept.rounds())[-1] == b"on"


def test_what_cannot_be_written_waits_and_is_said(tmp_path: Path) -> None:
    """Another writer's lock stands for every reason why a transaction fails; tests/kernel fills a disk."""
    path = tmp_path / "guard.db"
    with Memory(path, writes=True) as kept:
        kept.begin("expect.toml", 1000.0, ())
        kept._base.execute("pragma query_only=1")
        kept.keep(1000.0, b"1")
        kept.keep(1001.0, b"2")
        kept.beat(1001.0, (1, 0))
        assert kept.begin_alert(1001.0, "broke", "journal") == 0
        assert "no history is kept" in str(kept.failure)
        kept._base.execute("pragma query_only=0")
        kept.beat(1020.0)
        assert kept.failure is None
        assert list(kept.rounds()) == [b"1", b"2"]


def test_a_guard_that_cannot_write_lives_and_is_blind(tmp_path: Path) -> None:
    path, now_s = tmp_path / "guard.db", time.time()
    with Memory(path, writes=True) as kept:
        kept.begin("expect.toml", now_s, ())
        kept._base.execute("pragma query_only=1")
        for after_s in (20.0, 40.0, 80.0):
            kept.beat(now_s + after_s)
        found = kept.last(now_s + 90.0)
        assert found is not None
        assert found.lives
        assert "nothing could be written lately" in found.blind[0]
        late = kept.last(now_s + 150.0)
        assert late is not None
        assert not late.lives
        assert late.blind == ()
