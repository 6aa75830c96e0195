"""``hairpin restore`` on snapshots."""

import json

import pytest

from tests.apply.test_restoring import DNAT
from tests.cli.commands import call, snapshot
from tests.report.strict import errors


def test_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "restore", "--snapshot", snapshot((DNAT, "")))
    assert (ended.status, ended.err) == (1, "")
    assert "docker has lost" in ended.out


def test_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "restore", "--snapshot", snapshot()).status == 0


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "restore", "--json", "--snapshot", snapshot((DNAT, "")))
    assert errors(json.loads(ended.out), "restore-1.json") == []


def test_a_snapshot_is_not_changed(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "restore", "--apply", "--yes", "--snapshot", snapshot())
    assert (ended.status, ended.out) == (2, "")
