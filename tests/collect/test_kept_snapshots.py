"""The folder of kept snapshots: written whole, for its owner only, bounded."""

from pathlib import Path

import msgspec
import pytest

from hairpin.collect import kept_snapshots as kept
from hairpin.collect.kept_snapshots import GuardBounds, KeptSnapshot, folder_of, keep_snapshot, kept_snapshots, surplus
from hairpin.errors import EvidenceError
from hairpin.evidence.file import read
from hairpin.evidence.reading import Evidence
from tests.report.answers import evidence


def _taken(minute: int) -> Evidence:
    return msgspec.structs.replace(evidence(), taken_at=f"2026-11-26T00:{minute:02}:00Z")


def test_a_snapshot_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "snapshots"
    path = keep_snapshot(_taken(1), folder, passing=True)
    assert read(path) == _taken(1)
    assert (folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert [each.path for each in kept_snapshots(folder)] == [path]


def test_the_newest_is_first_and_two_of_one_second_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    for minute in (1, 3, 2, 3):
        keep_snapshot(_taken(minute), folder, passing=minute == 2)
    found = [(each.taken_at[9:13], each.number, each.passing) for each in kept_snapshots(folder)]
    assert found == [("0003", 1, False), ("0003", 0, False), ("0002", 0, True), ("0001", 0, False)]


def test_the_bound_leaves_the_newest_in_which_all_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT", 2)
    folder = tmp_path / "snapshots"
    for minute in range(5):
        keep_snapshot(_taken(minute), folder, passing=minute in (0, 1))
    assert [(each.taken_at[9:13], each.passing) for each in kept_snapshots(folder)] == [
        ("0004", False), ("0003", False), ("0001", True),
    ]  # fmt: skip


def test_the_bound_of_size() -> None:
    each = [KeptSnapshot(f"20261126T0000{n}0Z", 0, n == 0, Path(str(n))) for n in (3, 2, 1, 0)]
    gone = surplus([(one, 60) for one in each], 100, 100)
    assert [one.path.name for one in gone] == ["2", "1"]
    assert list(surplus([(each[0], 10**9)], 1, 1)) == []


def test_a_folder_that_others_may_write_into_is_not_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(EvidenceError):
        keep_snapshot(_taken(1), folder, passing=True)
    with pytest.raises(EvidenceError):
        kept_snapshots(folder)


def test_other_files_are_no_snapshots(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    keep_snapshot(_taken(1), folder, passing=True)
    (folder / "notes.txt").write_text("mine")
    assert len(kept_snapshots(folder)) == 1
    assert kept_snapshots(tmp_path / "none") == ()


def test_whose_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert folder_of(tmp_path) == kept.FOLDER
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert folder_of(tmp_path) == tmp_path / "snapshots"


def test_a_guard_deletes_its_own_snapshots_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT", 2)
    folder = tmp_path / "snapshots"
    for minute in range(4):
        keep_snapshot(_taken(minute), folder, passing=False)
    for minute in range(10, 20):
        keep_snapshot(_taken(minute), folder, passing=minute == 11, guard=GuardBounds(3, 1e9))
    found = [(each.taken_at[9:13], each.by_guard) for each in kept_snapshots(folder)]
    assert found == [("0019", True), ("0018", True), ("0017", True), ("0011", True), ("0003", False), ("0002", False)]
    keep_snapshot(_taken(30), folder, passing=False)  # a person's does not delete the guard's either
    assert sum(each.by_guard for each in kept_snapshots(folder)) == 4


def test_a_guards_snapshots_get_old(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    for minute in (1, 2, 58):
        keep_snapshot(_taken(minute), folder, passing=True, guard=GuardBounds(30, 600.0))
    assert [each.taken_at[9:13] for each in kept_snapshots(folder)] == ["0058"]
