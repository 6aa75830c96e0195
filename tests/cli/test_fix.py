"""``hairpin fix``: the plan from a snapshot, and what is refused before anything is changed."""

import json
import os

import pytest

from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF
from tests.report.strict import errors


def test_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "fix", "8080", "--snapshot", snapshot(FORWARDING_OFF))
    assert (ended.status, ended.err) == (1, "")
    assert ended.out.startswith("plan for ")
    assert "sysctl -w net.ipv4.conf.eth0.forwarding=1" in ended.out


def test_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "fix", "8080", "--snapshot", snapshot())
    assert (ended.status, ended.err) == (0, "")
    assert "nothing to do" in ended.out


def test_the_size_of_what_is_sent_is_part_of_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "fix", "8080", "--size", "9000", "--snapshot", snapshot(FORWARDING_OFF))
    assert ended.out.startswith("plan for ")
    assert call(capsys, "fix", "8080", "--size", "none", "--snapshot", snapshot()).status == 2


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "fix", "8080", "--json", "--snapshot", snapshot(FORWARDING_OFF))
    document = json.loads(ended.out)
    assert errors(document, "fix-1.json") == []
    assert (ended.status, document["applied"], len(document["plan"])) == (1, False, 1)


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a snapshot is not changed": (("--apply", "--yes", "--snapshot", "FILE"), 2, "can only be printed"),
    "an id that is not there": (("--choose", "x", "--snapshot", "FILE"), 2, "the plan has interface-forwarding-off"),
    "what comes later has to be kept": (("--latent", "--apply", "--yes"), 2, "needs --persist"),
    "nobody is there to be asked": (("--apply",), 2, "add --yes"),
    "another user": (("--apply", "--yes"), 3, "only root"),
}


@pytest.mark.parametrize(("options", "status", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(
    options: tuple[str, ...],
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    words = [snapshot(FORWARDING_OFF) if each == "FILE" else each for each in options]
    ended = call(capsys, "fix", "8080", *words)
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err
