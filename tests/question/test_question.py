"""A question as people type its parts."""

import pytest

from hairpin.errors import UsageError
from hairpin.network.flow import Flow, FromHost, Protocol
from hairpin.network.world import World
from hairpin.question.asked import Origin, Target
from hairpin.question.outside import Public
from hairpin.question.question import FULL_BYTES, Question, parse_question


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
