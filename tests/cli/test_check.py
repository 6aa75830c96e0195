"""``hairpin check`` on snapshots: what it prints, and its exit status."""

import json

import pytest

from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF, USER_DROPS
from tests.report.strict import errors


def test_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "--snapshot", snapshot())
    assert (ended.status, ended.err) == (0, "")
    assert "✗" not in ended.out


def test_a_blocking_cause(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8080", "--snapshot", snapshot(FORWARDING_OFF))
    assert (ended.status, ended.err) == (1, "")
    assert "cause[interface-forwarding-off]" in ended.out
    assert "\x1b" not in ended.out, "no colour when piped"


def test_json_fits_the_schema_and_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "--json", "--snapshot", snapshot(FORWARDING_OFF, USER_DROPS))
    assert ended.status == 1
    assert errors(json.loads(ended.out), "report-1.json") == []


def test_from_narrows_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    path = snapshot(FORWARDING_OFF)
    report = json.loads(call(capsys, "check", "8080", "--from", "host", "--json", "--snapshot", path).out)
    assert {flow["from"] for flow in report["flows"]} == {"host"}
    assert call(capsys, "check", "8080", "--from", "host", "--snapshot", path).status == 0


def test_a_public_address_that_nobody_stated_is_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("check", "203.0.113.11:8080", "--from", "host", "--json", "--snapshot", snapshot())
    ended = call(capsys, *asked)
    report = json.loads(ended.out)
    assert (ended.status, report["flows"][0]["verdict"], report["causes"]) == (0, "leaves", [])
    (question,) = report["questions"]
    assert question["text"] == "Is 203.0.113.11 this host's public address?"
    believed = call(capsys, *asked, *question["option"].split())
    assert believed.status == 1
    assert [cause["id"] for cause in json.loads(believed.out)["causes"]] == ["nat-loopback-on-cloud-address"]
    assert json.loads(believed.out)["questions"] == []


def test_colour_and_language_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8080", "--color", "always", "--lang", "zh", "--snapshot", snapshot(FORWARDING_OFF))
    assert "\x1b[1;31m✗ 被丢弃" in ended.out


def test_the_locale_chooses_the_language(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "送达" in call(capsys, "check", "8080", "--snapshot", snapshot()).out


def test_the_same_snapshot_gives_the_same_answer(capsys: pytest.CaptureFixture[str]) -> None:
    first = call(capsys, "check", "--json", "--snapshot", snapshot(USER_DROPS)).out
    assert call(capsys, "check", "--json", "--snapshot", snapshot(USER_DROPS)).out == first


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "a container that is gone": (("gone",), "this host has no container or alias 'gone' (containers: "),
    "an address without a port": (("198.51.100.11",), "Write 198.51.100.11:PORT"),
    "another way to start": (("8080", "--from", "moon"), "write an address, outside, host, lan or container:NAME"),
}


@pytest.mark.parametrize(("arguments", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_question_that_makes_no_sense(
    arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = call(capsys, "check", *arguments, "--snapshot", snapshot())
    assert (ended.status, ended.out) == (2, "")
    assert reason in ended.err
    assert not [
        line for line in ended.err.splitlines()[1:] if not line.startswith("    ")
    ]  # what was typed, and carets
