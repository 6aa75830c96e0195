"""A guard keeps the host as it was before something broke, and one snapshot a day."""

from pathlib import Path

import msgspec
import pytest

from hairpin.cli import keeping
from hairpin.cli.guarding import snapshots
from hairpin.cli.guarding.snapshots import SnapshotKeeper
from hairpin.collect.kept_snapshots import kept_snapshots
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.expect.settings import GuardSettings
from tests.guard.test_rounds import found
from tests.report.answers import FORWARDING_OFF, Replacement, evidence


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "snapshots"
    monkeypatch.setattr(keeping, "snapshots_folder", lambda: place)
    monkeypatch.setattr(snapshots, "snapshots_folder", lambda: place)
    return place


def taken(day: int, minute: int, *replacements: Replacement) -> Evidence:
    return msgspec.structs.replace(evidence(*replacements), taken_at=f"2026-11-{day}T00:{minute:02}:00Z")


def kept(folder: Path) -> list[str]:
    return [each.taken_at for each in reversed(kept_snapshots(folder))]


def test_the_last_reading_in_which_it_held(folder: Path) -> None:
    keeper = SnapshotKeeper(GuardSettings())
    states = (taken(10, 1), taken(10, 2), taken(10, 3, FORWARDING_OFF), taken(10, 4, FORWARDING_OFF), taken(10, 5))
    for each in found(*states):
        keeper.heed(each)
    assert kept(folder) == ["20261110T000100Z", "20261110T000200Z"]  # the first one is the day's
    assert load(kept_snapshots(folder)[0].path) == taken(10, 2)
    assert all(each.by_guard for each in kept_snapshots(folder))


def test_one_a_day(folder: Path) -> None:
    keeper = SnapshotKeeper(GuardSettings())
    for each in found(taken(10, 1), taken(10, 30), taken(11, 0), taken(11, 1), taken(11, 2)):
        keeper.heed(each)
    assert kept(folder) == ["20261110T000100Z", "20261111T000100Z"]


def test_none_if_the_file_wants_none(folder: Path) -> None:
    keeper = SnapshotKeeper(GuardSettings(snapshots=0))
    for each in found(taken(10, 1), taken(10, 2, FORWARDING_OFF)):
        keeper.heed(each)
    assert kept(folder) == []


def test_a_folder_that_cannot_be_used_is_said(folder: Path) -> None:
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    keeper = SnapshotKeeper(GuardSettings())
    for each in found(taken(10, 1), taken(10, 2, FORWARDING_OFF)):
        keeper.heed(each)
    assert "no snapshot could be kept" in str(keeper.trouble)
    folder.chmod(0o700)
    for each in found(taken(10, 3), taken(10, 4, FORWARDING_OFF)):
        keeper.heed(each)
    assert keeper.trouble is None
