"""``hairpin plugin``, and the command line as docker calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hairpin
from hairpin.cli import main as entry
from hairpin.cli.main import run
from tests.cli.commands import call, snapshot

SOURCE = Path(hairpin.__file__).parents[1]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.setenv(name, "")  # restored at the end, whatever the command line sets
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def by_docker(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = run(list(arguments), by_docker=True)
    out, err = capsys.readouterr()
    return status, out, err


def test_install_and_remove(
    settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = settings / "hairpin"
    started.write_text(f'#!/bin/sh\nPYTHONPATH={SOURCE} exec {sys.executable} -m hairpin "$@"\n')
    started.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(started)])
    link = settings / "cli-plugins" / "docker-hairpin"
    made = call(capsys, "plugin", "install")
    assert (made.status, made.out, made.err) == (
        0,
        f"{link} now points to {started}; try it: `docker hairpin 8151`\n",
        "",
    )
    again = call(capsys, "plugin", "install", "--lang", "zh")
    assert again.status == 0
    assert "docker hairpin 8151" in again.out
    assert call(capsys, "plugin", "remove").status == 0
    assert not os.path.lexists(link)
    link.write_text("mine")
    refused = call(capsys, "plugin", "remove")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith(f"hairpin: `hairpin plugin install` did not make the file {link}")


@pytest.mark.usefixtures("settings")
def test_the_same_answer_by_docker(capsys: pytest.CaptureFixture[str]) -> None:
    question = ("check", "8080", "--snapshot", snapshot(), "--no-replica", "--json")
    plain = call(capsys, *question)
    assert by_docker(capsys, "hairpin", *question) == (plain.status, plain.out, plain.err)
    assert by_docker(capsys, "hairpin", *question[1:]) == (plain.status, plain.out, plain.err)


@pytest.mark.usefixtures("settings")
def test_usage_is_that_of_docker_hairpin(capsys: pytest.CaptureFixture[str]) -> None:
    told = by_docker(capsys, "hairpin", "--help")[1]
    assert told.startswith("Usage: docker hairpin [COMMAND] [TARGET]...\n")
    assert "`docker hairpin COMMAND --help` says more." in told
    assert "`hairpin COMMAND --help` says more." in call(capsys, "--help").out
    assert by_docker(capsys, "help", "hairpin", "check")[1].startswith("Usage: docker hairpin check [OPTIONS]")
    status, out, err = by_docker(capsys, "-c", "none", "hairpin", "check", "--nonsense")
    assert (status, out) == (2, "")
    assert err.startswith("hairpin: docker context none is not in "), "docker's own words come first"


@pytest.mark.usefixtures("settings")
def test_what_docker_names_is_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def asked(**given: object) -> int:
        seen.append((given["args"], given["obj"], os.environ.get("DOCKER_HOST"), os.environ.get("DOCKER_CONTEXT")))
        return 0

    monkeypatch.setattr(entry.cli, "main", asked)
    assert by_docker(capsys, "-H", "unix:///x", "hairpin", "8151") == (0, "", "")
    assert by_docker(capsys, "-H", "ssh://root@web1", "hairpin", "8151", "walk") == (0, "", "")
    assert by_docker(capsys, "-H", "tcp://192.0.2.9:1", "hairpin", "lab", "list") == (0, "", "")
    assert seen == [
        (["check", "8151"], ("docker", "-H", "unix:///x", "hairpin"), "unix:///x", "default"),
        (["check", "--host", "root@web1", "8151", "walk"], ("hairpin",), "unix:///x", "default"),
        (["lab", "list"], ("hairpin",), "unix:///x", "default"),
    ]


def test_the_name_of_the_link_decides(tmp_path: Path) -> None:
    """As docker starts it: the first word of the command line is the path of the link."""
    code = "import sys; sys.argv = sys.argv[1:]; from hairpin.__main__ import main; main()"
    for name, words, first in (
        ("docker-hairpin", ("hairpin", "--help"), "Usage: docker hairpin"),
        ("hairpin", ("--help",), "Usage: hairpin"),
    ):
        done = subprocess.run(
            (sys.executable, "-c", code, f"{tmp_path}/{name}", *words), capture_output=True, text=True, check=True,
            env={"PYTHONPATH": str(SOURCE)},
        )  # fmt: skip
        assert done.stdout.startswith(first)
