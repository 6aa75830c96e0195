"""Which containers a question needs."""

import pytest

from hairpin.network.world import World
from hairpin.question.needs import needed_containers
from hairpin.question.question import parse_question

NEEDED: dict[str, tuple[tuple[str, ...], str | None, tuple[str, ...]]] = {
    "everything": ((), None, ()),
    "everything, from a container": ((), "container:web", ()),
    "a port": (("8151",), None, ("port=8151",)),
    "two ports": (("8151", "53/udp"), None, ("port=8151", "port=53")),
    "a range": (("8151-8153",), None, ("port=8151", "port=8152", "port=8153")),
    "a long range": (("8000-9000",), None, ()),
    "a port of an address": (("172.17.0.2:80",), None, ("port=80", "address=172.17.0.2")),
    "a container": (("web",), None, ("name=web",)),
    "a container's own port": (("web:80",), None, ("name=web",)),
    "a port, from a container": (("8151",), "container:db", ("port=8151", "name=db")),
    "a port, from an address": (("8151",), "172.17.0.3", ("port=8151", "address=172.17.0.3")),
}


@pytest.mark.parametrize(("targets", "origin", "words"), NEEDED.values(), ids=NEEDED)
def test_words(targets: tuple[str, ...], origin: str | None, words: tuple[str, ...]) -> None:
    assert needed_containers(parse_question("check", targets, origin, (), World())) == words
