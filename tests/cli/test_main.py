"""The entry: which command runs, what each end looks like, and that starting is light."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairpin import errors
from hairpin.cli import main as entry
from hairpin.cli.main import COMMANDS, command_first, main, run
from tests.cli.commands import call, snapshot

ARGUMENTS: dict[str, tuple[list[str], list[str]]] = {
    "nothing is check": ([], ["check"]),
    "options alone are check's": (["--json", "-v"], ["check", "--json", "-v"]),
    "an option before the command": (["--json", "walk", "80"], ["walk", "--json", "80"]),
    "a value that looks like a command": (["--host", "demo"], ["check", "--host", "demo"]),
    "help is the group's": (["--help"], ["--help"]),
    "version too": (["--version"], ["--version"]),
    "a command stays": (["check", "walk"], ["check", "walk"]),
    "no command of hairpin's": (["chek"], ["chek"]),
}
STATUSES: dict[str, tuple[BaseException, int]] = {
    "usage": (errors.UsageError("x"), 2),
    "unreadable host": (errors.CollectError("x"), 3),
    "unreadable snapshot": (errors.EvidenceError("x"), 3),
    "unknown form": (errors.ParseError("x", source="y"), 3),
    "no lab": (errors.LabError("x"), 3),
    "a change that does not fit": (errors.ChangeError("x"), 4),
    "interrupted": (KeyboardInterrupt(), 130),
    "a bug": (RuntimeError("x"), 4),
}


@pytest.mark.parametrize(("given", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_command_first(given: list[str], expected: list[str]) -> None:
    assert command_first(given) == expected


@pytest.mark.parametrize(("error", "status"), STATUSES.values(), ids=STATUSES)
def test_status_of_each_end(
    error: BaseException,
    status: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def fails(**_: object) -> None:
        raise error

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(entry.cli, "main", fails)
    ended = call(capsys, "check")
    assert ended.status == status
    assert ended.out == ""
    assert "Traceback" not in ended.err


def test_a_bug_is_written_down_and_its_place_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(**_: object) -> None:
        raise RuntimeError("something impossible")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(entry.cli, "main", fails)
    ended = call(capsys, "check", "-v")
    (log,) = (tmp_path / "hairpin").iterdir()
    assert str(log) in ended.err
    assert "something impossible" in log.read_text("utf-8")
    assert "Traceback" in ended.err, "-v shows it"


def test_a_bug_is_told_even_where_nothing_can_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: object) -> None:
        raise RuntimeError("something impossible")

    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/x")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/dev/null/y")
    monkeypatch.setattr(entry.cli, "main", fails)
    assert "something impossible" in call(capsys, "check").err


def test_help_names_every_command_and_none_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "--help").out
    assert all(f"  {name} " in told for name in COMMANDS)
    assert "guard" not in told


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, command, "--help")
    assert ended.status == 0
    assert "Usage: hairpin" in ended.out


def test_usage_errors_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("chek",), ("check", "--no-such-option"), ("walk", "80"), ("check", "--lang", "fr")):
        ended = call(capsys, *arguments)
        assert (ended.status, ended.out) == (2, "")
        assert "Error:" in ended.err


def test_main_exits_with_the_status() -> None:
    with pytest.raises(SystemExit) as exited:
        main(["--version"])
    assert exited.value.code == 0


def modules_after(*arguments: str) -> Iterator[str]:
    """Yield what is imported when the command line has done this."""
    script = "import sys\nfrom hairpin.cli.main import run\nrun(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run((sys.executable, "-c", script, *arguments), capture_output=True, text=True, check=True)
    yield from done.stderr.split()


def test_help_loads_click_and_the_standard_library_only() -> None:
    loaded = {name for name in modules_after("--help") if name.startswith(("hairpin", "msgspec", "rich"))}
    assert loaded == {"hairpin", "hairpin.cli", "hairpin.cli.main", "hairpin.errors", "hairpin.message"}


def test_json_is_made_without_what_draws() -> None:
    loaded = set(modules_after("check", "8080", "--json", "--snapshot", snapshot()))
    assert "hairpin.report.document" in loaded
    assert not loaded & {"rich", "hairpin.report.terminal", "hairpin.lab.build", "asyncio"}


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = f"{sys.executable} -m hairpin check -v --snapshot {snapshot()} | true"
    done = subprocess.run(("sh", "-c", script), capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_run_takes_what_a_command_returns_as_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "8080", "--snapshot", snapshot()]) == 0
    assert "delivered" in capsys.readouterr().out
