"""A snapshot is taken, saved and loaded."""

from pathlib import Path

import pytest

from hairpin.collect.snapshot import load, save, take
from hairpin.errors import CollectError, EvidenceError


def test_a_snapshot_of_this_host_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    evidence = take()
    save(evidence, tmp_path / "s.hpn")
    loaded = load(tmp_path / "s.hpn")
    assert loaded == evidence
    assert loaded.snapshot_id == evidence.snapshot_id


def test_errors_are_those_of_collecting_and_of_files(tmp_path: Path) -> None:
    with pytest.raises(CollectError):
        take("-oX")
    with pytest.raises(EvidenceError):
        load(tmp_path / "none")
