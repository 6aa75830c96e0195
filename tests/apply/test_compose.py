"""Lines of compose files are proposed for what a plan does to containers, and no file is written."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.apply.compose import compose_proposals
from hairpin.apply.plan import plan_of
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container, Engine
from hairpin.report.documents.fix_document import fix_document
from hairpin.report.paper import Paper
from hairpin.report.text.plan_text import plan_text
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


def unread(_path: str) -> None:
    return None


def shown(text: str | None, files: tuple[str, ...] = ("/srv/compose.yaml", "/srv/override.yaml")) -> str:
    told, _ = of_compose(FAULTY)
    plan = plan_of(told, (), with_latent=False)
    texts = {"/srv/compose.yaml": text, "/srv/override.yaml": "services: {}\n"}
    found = compose_proposals(plan, lambda _engine, _container: files, texts.get)
    return plan_text(plan, Words("en"), Paper(), lasting=False, applying=False, proposals=found)


def test_the_document_has_the_lines_and_the_file() -> None:
    told, _ = of_compose(FAULTY)
    plan = plan_of(told, (), with_latent=False)
    found = compose_proposals(plan, lambda _engine, _container: ("/srv/compose.yaml",), {"/srv/compose.yaml": FILE}.get)
    (made,) = fix_document(plan, None, Words("en"), found).compose
    assert (made.project, made.service, made.file) == ("shop", "front", "/srv/compose.yaml")
    assert made.changes == ('-       - "127.0.0.1:8080:80"', '+       - "8080:80"')
    (unknown,) = fix_document(plan, None, Words("en"), compose_proposals(plan, nowhere, unread)).compose
    assert (unknown.file, unknown.changes) == (None, ())


def test_the_file_that_has_the_service_is_shown_with_the_lines() -> None:
    text = shown(FILE)
    assert "changes to make by hand in the compose files:" in text
    assert '/srv/compose.yaml\n      -       - "127.0.0.1:8080:80"\n      +       - "8080:80"\n' in text


@pytest.mark.parametrize("files", ((), ("/srv/compose.yaml",)))
def test_else_the_key_is_told(files: tuple[str, ...]) -> None:
    text = " ".join(shown(FILE.replace("127", "${X}"), files).split())
    assert "service front of project shop, key ports: 8080:80 instead of 127.0.0.1:8080:80" in text
    assert ("in /srv/compose.yaml (a form that hairpin does not edit)" in text) is bool(files)


def test_a_container_of_no_project_has_no_file() -> None:
    plan = plan_of(FAULTY, (), with_latent=False)
    assert compose_proposals(plan, nowhere, unread) == ()
    assert "compose" not in plan_text(plan, Words("en"), Paper(), lasting=False, applying=False)
