"""A question as people type its parts."""

import pytest

from hairpin.errors import UsageError
from hairpin.network.flow import Flow, FromHost, Protocol
from hairpin.network.world import World
from hairpin.question.asked import Origin, Target
from hairpin.question.outside import Public
from hairpin.question.question import FULL_BYTES, Question, needed_containers, parse_question
from tests.rows import each_row


def test_its_parts() -> None:
    assert parse_question("walk", ("8151/udp",), "lan", ("203.0.113.11",), World()) == Question(
        "walk", (Target(8151, "udp"),), Origin("lan"), World(), (Public("203.0.113.11", 4, 0xCB00710B),)
    )
    assert parse_question("check", (), None, (), World()) == Question()


SIZES: dict[str, tuple[int | None, Protocol, int]] = {
    "TCP fills its segments": (None, "tcp", FULL_BYTES),
    "a datagram is short": (None, "udp", 0),
    "TCP as stated": (100, "tcp", 100),
    "a datagram as stated": (4000, "udp", 4000),
}


@pytest.mark.parametrize(("size", "protocol", "data"), SIZES.values(), ids=SIZES)
def test_how_much_is_sent(size: int | None, protocol: Protocol, data: int) -> None:
    question = parse_question("check", (), None, (), World(), size)
    assert question.sized(Flow(FromHost(), 4, 0x0A000001, protocol, 80)).data_bytes == data


@pytest.mark.parametrize(
    ("target", "origin", "public"), (("x y", None, ()), ("1", "no where", ()), ("1", None, ("nothing",)))
)
def test_statements_that_make_no_sense(target: str, origin: str | None, public: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        parse_question("check", (target,), origin, public, World())


SAID = (("web", "to", "db:5432"), ("db:5432", "from", "web"), ("db:5432", "FROM", "web"))


@pytest.mark.parametrize("words", SAID)
def test_a_client_and_its_target_in_words(words: tuple[str, ...]) -> None:
    assert parse_question("check", words, None, (), World()) == parse_question(
        "check", ("db:5432",), "web", (), World()
    )


@pytest.mark.parametrize(
    ("words", "origin"), ((("web", "to", "db:5432"), "host"), (("web", "and", "db:5432"), None), (("web", "to"), None))
)
def test_other_words_are_targets(words: tuple[str, ...], origin: str | None) -> None:
    assert len(parse_question("check", words, origin, (), World()).targets) == len(words)


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


@each_row(("targets", "origin", "words"), NEEDED.values(), ids=NEEDED)
def test_words(targets: tuple[str, ...], origin: str | None, words: tuple[str, ...]) -> None:
    assert needed_containers(parse_question("check", targets, origin, (), World())) == words
