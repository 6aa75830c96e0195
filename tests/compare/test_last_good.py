"""Whether flows pass in a kept snapshot."""

from hairpin.compare.last_good import passing
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.report.answers import FORWARDING_OFF, USER_DROPS, evidence


def test_passing() -> None:
    question = parse_question("check", ("8080",), None, (), World())
    assert passing(question, evidence()) == "all"
    assert passing(question, evidence(FORWARDING_OFF)) == "none"
    other = parse_question("check", ("5353/udp",), None, (), World())
    assert passing(other, evidence(USER_DROPS)) != "none"


def test_a_container_that_was_not_there_yet() -> None:
    assert passing(parse_question("check", ("nobody",), None, (), World()), evidence()) == "none"
