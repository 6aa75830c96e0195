"""``hairpin story`` on a recording, and on this machine."""

import json

import pytest

from tests.causes.rule_hosts import RECORDED
from tests.cli.commands import call, snapshot
from tests.report.strict import errors
from tests.story.recorded import RECORDING

LAB = ("--snapshot", str(RECORDING))


def test_the_lab_hosts_story(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "story", *LAB)
    assert (ended.status, ended.err) == (0, "")
    assert "firewalld.service was restarted, by alice (pts/0, 127.0.0.1)" in ended.out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "story", "web", "--json", *LAB)
    document = json.loads(ended.out)
    assert errors(document, "story-1.json") == []
    assert {each["subject"] for each in document["entries"] if each["kind"] == "container"} == {"web"}


def test_a_span_counts_from_when_the_snapshot_was_taken(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(call(capsys, "story", "--since", "1m", "--json", *LAB).out)
    assert document["since"] == "2026-11-26T00:52:30Z"
    assert any("firewalld was reloaded" in each["what"] for each in document["entries"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        (("--since", "soon", *LAB), "--since 'soon' is not a time"),
        (("wbe", *LAB), "no container 'wbe' is known here"),
        (("web:x", *LAB), "'web:x'"),
    ),
)
def test_what_cannot_be_meant(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "story", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err


def test_a_snapshot_without_traces(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "story", "--snapshot", snapshot())
    assert ended.status == 3
    assert "no logs or other records were read: this snapshot has none" in ended.out


def test_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "story", "--json")
    document = json.loads(ended.out)
    assert errors(document, "story-1.json") == []
    assert ended.status in (0, 3)


def test_the_page_has_what_fails_now(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "story", "--snapshot", str(RECORDED / "lost.hairpin"), "--html", "-")
    assert ended.status == 0
    assert '<li class="failure">' in ended.out
