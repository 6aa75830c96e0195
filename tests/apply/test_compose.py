"""Lines of compose files are proposed for what a plan does to containers, and no file is written."""

from pathlib import Path

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.apply.compose import compose_files, compose_proposals, read_text
from hairpin.apply.plan import plan_of
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container, Engine
from hairpin.report.paper import Paper
from hairpin.report.plan_text import plan_text
from hairpin.report.words import Words
from tests.apply.plans import FAULTY

FILE = 'services:\n  front:\n    ports:\n      - "127.0.0.1:8080:80"\n'


def of_compose(answer: Answer) -> tuple[Answer, Container]:
    """Return the answer whose first container is of a project, and whose cause somebody wrote down as its option."""
    network = answer.network
    first = next(iter(network.this.containers()))
    made = msgspec.structs.replace(first, service="front", project="shop")
    engines = tuple(
        msgspec.structs.replace(each, containers=tuple(made if one.id == made.id else one for one in each.containers))
        for each in network.this.engines
    )
    host = msgspec.structs.replace(network.this, engines=engines)
    option = Configured("container-option", option="-p 127.0.0.1:8080:80", owner=made.name)
    causes = tuple(msgspec.structs.replace(each, configured=option) for each in answer.causes)
    return msgspec.structs.replace(answer, network=network.with_host(host), causes=causes), made


def nowhere(_engine: Engine, _container: Container) -> tuple[str, ...]:
    return ()


def shown(text: str | None, files: tuple[str, ...] = ("/srv/compose.yaml", "/srv/override.yaml")) -> str:
    told, _ = of_compose(FAULTY)
    plan = plan_of(told, (), with_latent=False)
    texts = {"/srv/compose.yaml": text, "/srv/override.yaml": "services: {}\n"}
    found = compose_proposals(plan, lambda _engine, _container: files, texts.get)
    return plan_text(plan, Words("en"), Paper(), lasting=False, applying=False, proposals=found)


def test_the_file_that_has_the_service_is_shown_with_the_lines() -> None:
    text = shown(FILE)
    assert "for the compose files (hairpin writes none of them):" in text
    assert '/srv/compose.yaml\n      -       - "127.0.0.1:8080:80"\n      +       - "8080:80"\n' in text


@pytest.mark.parametrize("files", ((), ("/srv/compose.yaml",)))
def test_else_the_key_is_told(files: tuple[str, ...]) -> None:
    text = " ".join(shown(FILE.replace("127", "${X}"), files).split())
    assert "service front of project shop, key ports: 8080:80 in place of 127.0.0.1:8080:80" in text
    assert ("in /srv/compose.yaml, whose form hairpin does not edit" in text) is bool(files)


def test_a_container_of_no_project_has_no_file() -> None:
    plan = plan_of(FAULTY, (), with_latent=False)
    assert compose_proposals(plan, nowhere, read_text) == ()
    assert "compose" not in plan_text(plan, Words("en"), Paper(), lasting=False, applying=False)


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
