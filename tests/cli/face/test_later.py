"""What is promised and not there yet says so, and what does its job now."""

import pytest

from tests.cli.commands import call

OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "the real packet": (("prove", "8151", "--live"), "`--live` is not in this version")
}


@pytest.mark.parametrize(("arguments", "said"), OPTIONS.values(), ids=OPTIONS)
def test_an_option(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err


def test_help_says_nothing_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--live" not in call(capsys, "prove", "--help").out
