"""A question as people type its parts."""

import pytest

from hairpin.errors import UsageError
from hairpin.network.world import World
from hairpin.question.asked import Origin, Target
from hairpin.question.outside import Public
from hairpin.question.question import Question, parse_question


def test_its_parts() -> None:
    assert parse_question("walk", ("8151/udp",), "lan", ("203.0.113.11",), World()) == Question(
        "walk", (Target(8151, "udp"),), Origin("lan"), World(), (Public("203.0.113.11", 4, 0xCB00710B),)
    )
    assert parse_question("check", (), None, (), World()) == Question()


@pytest.mark.parametrize(
    ("target", "origin", "public"), (("x y", None, ()), ("1", "nowhere", ()), ("1", None, ("nothing",)))
)
def test_statements_that_make_no_sense(target: str, origin: str | None, public: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        parse_question("check", (target,), origin, public, World())
