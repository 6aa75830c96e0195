"""``hairpin guard``: wrong input, status and history.  tests/kernel/test_guard.py has the sources, tests/guard the
rounds."""

import json
import time
from pathlib import Path

import msgspec
import pytest

from hairpin.cli.guarding import installing
from hairpin.guard import memory
from hairpin.guard.memory import Memory
from hairpin.report.documents.guard_document import round_document
from hairpin.report.words import Words
from tests.cli.commands import call
from tests.guard.test_rounds import found
from tests.report.answers import FORWARDING_OFF, evidence
from tests.report.strict import errors


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(memory, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", ((), ("watch",), ("run", "a", "b"), ("status", "--since", "2h")), ids=str)
def test_the_forms_are_named(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "guard", *words)
    assert (ended.status, ended.out) == (2, "")
    assert "write `hairpin guard run [FILE]`, `… status`," in ended.err


def test_a_file_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "guard", "run", str(tmp_path / "lost.toml"))
    assert ended.status == 2
    assert "`hairpin expect init -o" in ended.err


def test_the_unit_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    ended = call(capsys, "guard", "install", "--print", "/srv/expect.toml")
    assert ended.status == 0
    assert "ExecStart=/usr/bin/hairpin guard run /srv/expect.toml\n" in ended.out


def test_a_host_without_systemd(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    if Path("/run/systemd/system").is_dir():
        pytest.skip("systemd runs here")
    file = tmp_path / "expect.toml"
    file.write_text("")
    ended = call(capsys, "guard", "install", str(file))
    assert (ended.status, ended.out) == (2, "")
    assert f"guard run {file}`" in ended.err


def test_a_unit_that_is_not_there_is_not_removed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(installing, "PATH", str(tmp_path / "hairpin-guard.service"))
    ended = call(capsys, "guard", "remove")
    assert (ended.status, ended.out) == (0, f"there is no unit {tmp_path}/hairpin-guard.service\n")


@pytest.mark.parametrize("word", ("status", "history"))
def test_no_guard_has_run(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "guard", word)
    assert (ended.status, ended.out) == (2, "")
    assert "no guard has run on this host" in ended.err


def kept(folder: Path, *, blind: tuple[str, ...] = ()) -> None:
    """Keep a guard of this process, which lives, and what it saw."""
    with Memory(folder / memory.FILE, writes=True) as own:
        own.begin("expect.toml", time.time(), blind)
        own.beat(time.time(), (2, 1))
        for each in found(evidence(), evidence(FORWARDING_OFF))[1:]:
            own.keep(each.at_s, msgspec.json.encode(round_document(each, (), Words("en"))))


def test_status(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(folder)
    ended = call(capsys, "guard", "status")
    assert ended.status == 0
    assert "A guard runs (process " in ended.out
    assert "1 of 2 expectations of expect.toml are broken" in ended.out
    document = json.loads(call(capsys, "guard", "status", "--json").out)
    assert errors(document, "guard-status-1.json") == []
    assert document["runs"] is True


def test_a_guard_that_is_blind_is_no_success(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(folder, blind=("the rules of nftables cannot be watched: Operation not permitted",))
    ended = call(capsys, "guard", "status")
    assert ended.status == 3
    assert "blind: the rules of nftables cannot be watched" in ended.out


def test_history(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(folder)
    ended = call(capsys, "guard", "history")
    assert ended.status == 0
    assert "8080 must be reachable from outside (interface-forwarding-off)" in ended.out
    assert "by nft (process 12)" in ended.out
    (line,) = call(capsys, "guard", "history", "--json").out.splitlines()
    assert errors(json.loads(line), "guard-1.json") == []
    assert call(capsys, "guard", "history", "--since", "2h").out == ended.out
    wrong = call(capsys, "guard", "history", "--since", "soon")
    assert (wrong.status, "is not a time" in wrong.err) == (2, True)
