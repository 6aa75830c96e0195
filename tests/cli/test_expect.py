"""``hairpin expect`` on snapshots: the file, its errors, and the exit status."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF
from tests.report.strict import errors


def written(capsys: pytest.CaptureFixture[str], folder: Path) -> str:
    file = str(folder / "expect.toml")
    ended = call(capsys, "expect", "init", "-o", file, "--snapshot", snapshot())
    assert (ended.status, ended.out) == (0, f"{file}\n")
    return file


def test_a_host_keeps_its_own_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = written(capsys, tmp_path)
    ended = call(capsys, "expect", file, "--snapshot", snapshot())
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.endswith("expectations hold\n")
    assert call(capsys, "expect", "--diff", file, "--snapshot", snapshot()).status == 0


def test_a_broken_host(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = written(capsys, tmp_path)
    ended = call(capsys, "expect", file, "--snapshot", snapshot(FORWARDING_OFF))
    assert ended.status == 1
    assert "8080/tcp must be reachable from outside" in ended.out
    assert "cause[interface-forwarding-off]" in ended.out
    edits = call(capsys, "expect", "--diff", file, "--snapshot", snapshot(FORWARDING_OFF))
    assert edits.status == 1
    assert '- must: reach = ["8080/tcp"], from = ["outside"]' in edits.out


def test_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = written(capsys, tmp_path)
    for more in ((), ("--diff",)):
        ended = call(capsys, "expect", file, *more, "--json", "--snapshot", snapshot(FORWARDING_OFF))
        document = json.loads(ended.out)
        assert errors(document, "expect-1.json") == []
        broken = [each for each in document["expectations"] if each["broken"]]
        assert {each["breaches"][0]["causes"][0]["id"] for each in broken} == {"interface-forwarding-off"}
        assert (document["edits"] is None) is not bool(more)


def test_init_prints_and_replaces_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    printed = call(capsys, "expect", "init", "-o", "-", "--snapshot", snapshot())
    assert printed.status == 0
    assert '[[must]]\nreach = ["8080/tcp"]' in printed.out
    file = written(capsys, tmp_path)
    again = call(capsys, "expect", "init", "-o", file, "--snapshot", snapshot())
    assert (again.status, again.out) == (2, "")
    assert f"`hairpin expect --diff {file}` says what to edit in it" in again.err


def test_wrong_input(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lost = str(tmp_path / "lost.toml")
    ended = call(capsys, "expect", lost, "--snapshot", snapshot())
    assert (ended.status, ended.out) == (2, "")
    assert f"`hairpin expect init -o {lost}` writes one" in ended.err
    two = call(capsys, "expect", lost, lost, "--snapshot", snapshot())
    assert two.status == 2
    assert "write `hairpin expect [FILE]`" in two.err
    (tmp_path / "wrong.toml").write_text('[[must]]\nreach = "80801"\nfrom = "lan"\n', encoding="utf-8")
    wrong = call(capsys, "expect", str(tmp_path / "wrong.toml"), "--snapshot", snapshot())
    assert wrong.status == 2
    assert "ports are 1 to 65535" in wrong.err
