"""``hairpin mcp``: what it says where it cannot serve."""

import importlib.metadata
import sys
from pathlib import Path

import pytest

from tests.cli.commands import call


def test_without_the_sdk_the_error_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    ended = call(capsys, "mcp")
    assert (ended.status, ended.out) == (2, "")
    assert f"`{sys.executable} -m pip install 'mcp>=2,<3'`" in ended.err
    assert "`pipx install '.[mcp]'`" in ended.err


def test_a_python_without_pip_is_told_the_checkouts_way_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The executable file has no pip, and installs nothing into itself."""

    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    def found(_name: str) -> None:
        return None

    monkeypatch.setattr("hairpin.cli.mcp.find_spec", found)
    ended = call(capsys, "mcp")
    assert (ended.status, ended.out) == (2, "")
    assert "-m pip" not in ended.err
    assert "`pipx install '.[mcp]'`" in ended.err


def test_an_older_sdk_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def older(_name: str) -> str:
        return "1.12.0"

    monkeypatch.setattr(importlib.metadata, "version", older)
    ended = call(capsys, "mcp")
    assert (ended.status, ended.out) == (2, "")
    assert "version 2 of the package mcp, and 1.12.0 is installed" in ended.err


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ended = call(capsys, "mcp", "--files", str(tmp_path / "no"))
    assert (ended.status, ended.out) == (2, "")
    assert "does not exist" in ended.err
