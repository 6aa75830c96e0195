"""Results and errors: to which stream they go, in which form and language."""

import io
import json
import os
import subprocess
import sys

import msgspec
import pytest

from hairpin.cli.face.output import PIPE_BROKEN, complain, paper, words, write, write_json
from hairpin.errors import ParseError
from hairpin.message import message
from tests.cli.commands import snapshot


class Document(msgspec.Struct):
    name: str


def test_text_ends_with_one_newline(capsys: pytest.CaptureFixture[str]) -> None:
    write("a")
    write("b\n")
    assert capsys.readouterr().out == "a\nb\n"


def test_json_is_readable_and_keeps_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    write_json(Document("网"))
    told = capsys.readouterr().out
    assert json.loads(told) == {"name": "网"}
    assert "网" in told


def coloured(color: str) -> bool:
    sheet = paper(color)
    sheet.line(("x", "bad"))
    return "\x1b" in sheet.text()


def test_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert not coloured("auto"), "not a terminal"
    assert coloured("always")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert coloured("auto")
    assert not coloured("never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured("auto")
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not coloured("auto")


def test_width_is_the_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "61")
    assert paper("never").width == 61


def test_only_the_sentence_of_an_error_is_translated(capsys: pytest.CaptureFixture[str]) -> None:
    error = ParseError(message("not a sysctl and its value"), source="sysctl -a", line=2, text="what")
    complain(error.said, "en")
    complain(error.said, "zh")
    assert capsys.readouterr().err == (
        "hairpin: sysctl -a:2: not a sysctl and its value\n    what\n"
        "hairpin: sysctl -a:2: 不是 sysctl 及其值\n    what\n"
    )


def test_an_error_uses_only_characters_that_standard_error_can_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stderr", stream)
    complain(ParseError(message("not a sysctl and its value"), source="x").said, "zh")
    stream.seek(0)
    assert stream.read() == "hairpin: x: not a sysctl and its value\n"


def test_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert words(None).language == "zh"
    assert words("en").language == "en"


def test_a_terminal_without_chinese_is_spoken_to_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert words("zh").language == "en"
    write("网")


def test_an_error_cannot_forge_a_line_or_a_sequence(capsys: pytest.CaptureFixture[str]) -> None:
    complain(message("{name} is gone", name="a\x1b[31m\nhairpin: all is well\u2028x"), "en")
    assert capsys.readouterr().err == "hairpin: a\\x1b[31m\n    hairpin: all is well x is gone\n"


def test_json_on_a_terminal_is_no_sequence(capsys: pytest.CaptureFixture[str]) -> None:
    write_json(Document("a\x1b\x9b\u202e网"))
    told = capsys.readouterr().out
    assert json.loads(told) == {"name": "a\x1b\x9b\u202e网"}
    assert "a\\u001b\\u009b\\u202e网" in told


CLOSED: dict[str, tuple[str, int, str]] = {
    "full": (">/dev/full", 2, "hairpin: standard output cannot be written: No space left on device\n"),
    "closed": (">&-", 2, "hairpin: standard output is closed, so the answer cannot be written\n"),
    "no standard error": ("2>&- >/dev/null", 2, ""),
    "full standard error": ("2>/dev/full >/dev/null", 2, ""),
    "no standard input": ("--snapshot - <&-", 3, "hairpin: --snapshot -: standard input is closed\n"),
}


@pytest.mark.parametrize("unbuffered", ("", "1"), ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(("how", "status", "said"), CLOSED.values(), ids=CLOSED)
def test_a_stream_that_is_closed_or_full(how: str, status: int, said: str, unbuffered: str) -> None:
    """What is left in a buffer is written at the interpreter's end, and fails then."""
    command = "check no-such-container" if "2>" in how else "check 8080"
    source = "" if "--snapshot" in how else f"--snapshot {snapshot()}"
    ended = subprocess.run(
        ("sh", "-c", f"{sys.executable} -m hairpin {command} --no-replica {source} {how}"),
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (status, said)


def test_help_into_a_full_file() -> None:
    ended = subprocess.run(
        ("sh", "-c", f"{sys.executable} -m hairpin --help >/dev/full"), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (
        2, "hairpin: standard output cannot be written: No space left on device\n",
    )  # fmt: skip


def test_a_closed_pipe_ends_the_program_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: str) -> int:
        raise BrokenPipeError

    ended: list[bool] = []
    monkeypatch.setattr(sys.stdout, "write", gone)

    def closed(source: int, target: int) -> None:
        del source, target
        ended.append(True)

    monkeypatch.setattr(os, "dup2", closed)
    with pytest.raises(SystemExit) as exited:
        write("a")
    assert (exited.value.code, ended) == (PIPE_BROKEN, [True])
