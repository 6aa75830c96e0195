"""``hairpin restore`` on snapshots."""

import json
from pathlib import Path

import pytest

from tests.apply.test_restoring import DNAT
from tests.cli.commands import call, snapshot
from tests.report.strict import errors

WITHOUT_ROOT = Path(__file__).parents[1] / "fixtures" / "without_root"
SAID = {
    "group": "lab-host: hairpin does not know which of the engines' chains and rules are there",
    "nobody": "lab-host: hairpin does not know which chains and rules the engine should have",
}


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


@pytest.mark.parametrize("user", SAID)
def test_nothing_is_said_about_rules_that_were_not_read(user: str, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = WITHOUT_ROOT / user / "healthy-plain.hairpin"
    ended = call(capsys, "restore", "--snapshot", str(recorded))
    assert (ended.status, ended.out.splitlines()[0]) == (3, SAID[user])
    assert "Not read, so undecided: whether a rule drops" in ended.out
    assert "policy of FORWARD" not in ended.out
    assert json.loads(call(capsys, "restore", "--json", "--snapshot", str(recorded)).out)["notes"] == []


def test_a_setting_that_every_user_can_read_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "restore", "--snapshot", str(WITHOUT_ROOT / "group" / "ip-forward-off.hairpin"))
    assert "note: net.ipv4.ip_forward is 0" in ended.out
