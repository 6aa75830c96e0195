"""``hairpin guard``: wrong input; tests/kernel/test_guard.py has the sources, tests/guard the rounds."""

from pathlib import Path

import pytest

from tests.cli.commands import call


@pytest.mark.parametrize("words", ((), ("watch",), ("run", "a", "b")), ids=str)
def test_the_form_is_named(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "guard", *words)
    assert (ended.status, ended.out) == (2, "")
    assert "write `hairpin guard run [FILE]`" in ended.err


@pytest.mark.parametrize("word", ("status", "history", "install"))
def test_what_is_not_there_yet(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "guard", word)
    assert ended.status == 2
    assert f"`hairpin guard {word}` is not in this version" in ended.err


def test_a_file_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "guard", "run", str(tmp_path / "lost.toml"))
    assert ended.status == 2
    assert "`hairpin expect init -o" in ended.err
