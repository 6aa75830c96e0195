"""``hairpin prove`` on snapshots: the kernel answers if replicas can be built here, else the command says why not."""

import json

import pytest

from hairpin.replica.judge import may_replicate
from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF
from tests.report.strict import errors


def test_delivered_and_lost(capsys: pytest.CaptureFixture[str]) -> None:
    good = call(capsys, "prove", "8080", "--from", "lan", "--snapshot", snapshot())
    bad = call(capsys, "prove", "8080", "--from", "lan", "--snapshot", snapshot(FORWARDING_OFF))
    if may_replicate():
        assert (good.status, bad.status) == (0, 1)
        assert "the kernel agrees: dropped" in bad.out
    else:
        assert (good.status, bad.status) == (3, 3)
        assert "test copies of a network (replicas) need" in good.err


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "prove", "8080", "--from", "192.0.2.10", "--json", "--snapshot", snapshot())
    if may_replicate():
        document = json.loads(ended.out)
        assert errors(document, "prove-1.json") == []
        assert [flow["agree"] for flow in document["flows"]] == [True]
    else:
        assert ended.out == ""


def test_a_target_that_makes_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "prove", "70000", "--snapshot", snapshot()).status == 2
