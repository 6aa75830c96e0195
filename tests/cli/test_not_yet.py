"""Commands and options to come: one sentence that says what does the job now, and exit status 2."""

import pytest

from hairpin.cli import not_yet
from hairpin.cli.main import COMMANDS, LATER, PROMISED
from tests.cli.commands import call, snapshot


def test_each_of_them_is_told() -> None:
    assert set(not_yet.COMMANDS) == set(PROMISED)
    assert set(not_yet.OPTIONS) == set(LATER)
    assert not set(PROMISED) & set(COMMANDS)


@pytest.mark.parametrize("arguments", (("fix", "8151"), ("undo",), ("diff", "a", "b"), ("--json", "events")))
def test_a_command_to_come(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert "is not in this version: " in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", (("check", "--after", "reboot"), ("prove", "8151", "--live"), ("--text", "x")))
def test_an_option_to_come(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert "is not in this version: " in ended.err


def test_a_word_that_is_like_a_command_suggests_it(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "chek", "--snapshot", snapshot())
    assert ended.status == 2
    assert "did you mean the command check" in ended.err


def test_a_target_needs_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--snapshot", snapshot(), "--no-replica")
    assert call(capsys, "8080", *asked).out == call(capsys, "check", "8080", *asked).out
    assert call(capsys, "front", *asked).status == 0
