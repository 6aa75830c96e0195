"""``hairpin diff`` on snapshots."""

import json
from pathlib import Path

import pytest

from hairpin.cli.diff import snapshots_first
from hairpin.errors import UsageError
from hairpin.evidence.file import write
from tests.cli.commands import call
from tests.report.answers import FORWARDING_OFF, Replacement, evidence
from tests.report.strict import errors


def _file(folder: Path, *replacements: Replacement) -> str:
    path = folder / f"{len(replacements)}.hairpin"
    write(evidence(*replacements), path)
    return str(path)


def test_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path)
    ended = call(capsys, "diff", path, path, "--no-replica")
    assert (ended.status, ended.err) == (0, "")
    assert "nothing differs" in ended.out


def test_different(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _file(tmp_path), _file(tmp_path, FORWARDING_OFF)
    ended = call(capsys, "diff", *files, "8080", "--json", "--no-replica")
    assert ended.status == 1
    document = json.loads(ended.out)
    assert errors(document, "diff-1.json") == []
    assert [each["where"] for each in document["changes"]] == ["net.ipv4.conf.eth0.forwarding"]
    assert {each["flow"]["to"] for each in document["flows"]} == {"198.51.100.11:8080/tcp"}


def test_no_snapshot(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "diff").status == 2
    assert call(capsys, "diff", "/nowhere/a.hairpin").status == 2


def test_files_stand_in_front_of_targets(tmp_path: Path) -> None:
    path = _file(tmp_path)
    assert snapshots_first((path, "8151")) == ((path,), ("8151",))
    assert snapshots_first((path, path, "web:80")) == ((path, path), ("web:80",))
    assert snapshots_first(("8151/tcp", "http://198.51.100.11:8151/")) == (
        (),
        ("8151/tcp", "http://198.51.100.11:8151/"),
    )
    with pytest.raises(UsageError):
        snapshots_first(("lost.hairpin",))
