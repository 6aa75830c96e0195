"""Compose's files are found by the label of the container, and read as they are."""

from pathlib import Path

import pytest

from hairpin.cli.plans.planning import compose_files, read_text
from hairpin.host.docker import Container, Engine


def test_a_file_that_cannot_be_read_has_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a\r\n")
    (tmp_path / "b").write_bytes(b"\xff")
    assert [read_text(str(tmp_path / each)) for each in ("a", "b", "c", ".")] == ["a\r\n", None, None, None]


def test_the_engine_tells_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker"
    labels = '{"com.docker.compose.project.config_files": "/srv/a b.yaml,compose.yaml,/srv/c.yaml"}'
    program.write_text(f"#!/bin/sh\n[ \"$6\" = 0af3 ] || exit 1\ncat <<'END'\n{labels}\nEND\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr("hairpin.carry.run._ENVIRONMENT", {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    known, other = (Container(id=each, name="web", status="running") for each in ("0af3", "0af4"))
    assert compose_files(Engine("docker", "26"), known) == ("/srv/a b.yaml", "/srv/c.yaml")
    assert compose_files(Engine("docker", "26"), other) == ()
    assert compose_files(Engine("podman", "4"), known) == ()
    assert compose_files(Engine("docker", "26", user="alice"), known) == ()
