"""``hairpin undo``: what is said where nothing was done."""

import os
from pathlib import Path

import pytest

from tests.cli.commands import call


def test_only_root_may(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    ended = call(capsys, "undo")
    assert (ended.status, ended.err) == (3, "hairpin: only root can change this host; run it with sudo\n")


def test_an_id_that_is_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    ended = call(capsys, "undo", "last")
    assert ended.status == 2
    assert "'last' is no plan's id; `hairpin undo --list` names them" in ended.err


def test_an_empty_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.apply.journal.FOLDER", tmp_path)
    monkeypatch.setattr("hairpin.cli.undo.os.geteuid", lambda: 0)
    monkeypatch.setattr("hairpin.apply.journal.os.geteuid", lambda: tmp_path.stat().st_uid)
    listed, taken = call(capsys, "undo", "--list"), call(capsys, "undo")
    assert (listed.status, listed.out) == (0, "no plan was carried out on this host\n")
    assert (taken.status, taken.out) == (0, "nothing is in force that hairpin has changed\n")
    missing = call(capsys, "undo", "7")
    assert (missing.status, missing.out) == (3, "")
    assert "no plan 7 in the journal" in missing.err
