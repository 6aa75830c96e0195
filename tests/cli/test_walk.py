"""``hairpin walk`` on snapshots."""

import json

import pytest

from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF
from tests.report.strict import errors


def test_delivered_and_lost(capsys: pytest.CaptureFixture[str]) -> None:
    good = call(capsys, "walk", "8080", "--from", "lan", "--snapshot", snapshot())
    bad = call(capsys, "walk", "8080", "--from", "lan", "--snapshot", snapshot(FORWARDING_OFF))
    assert (good.status, bad.status) == (0, 1)
    assert "postrouting" in good.out
    assert "✗ forward" in bad.out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "walk", "8080", "--from", "192.0.2.10", "--json", "--snapshot", snapshot())
    document = json.loads(ended.out)
    assert document["verdict"] == "delivered"
    assert document["request"][0]["packet"]["saddr"] == "192.0.2.10"
    assert errors(document, "walk-1.json") == []


def test_the_start_of_a_walk_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "walk", "8080", "--snapshot", snapshot()).status == 2
