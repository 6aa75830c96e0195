"""Whether flows pass in a kept snapshot."""

from hairpin.answer.begin import begin_answer, network_of
from hairpin.compare.last_good import passing
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.walk.walked import traces_of
from tests.report.answers import FORWARDING_OFF, USER_DROPS, evidence


def test_passing() -> None:
    question = parse_question("check", ("8080",), None, (), World())
    assert passing(question, evidence()) == "all"
    assert passing(question, evidence(FORWARDING_OFF)) == "none"
    other = parse_question("check", ("5353/udp",), None, (), World())
    assert passing(other, evidence(USER_DROPS)) != "none"


def test_a_container_that_was_not_there_yet() -> None:
    assert passing(parse_question("check", ("nobody",), None, (), World()), evidence()) == "none"


def test_of_a_network_that_was_walked_nothing_is_walked_again() -> None:
    question, of = parse_question("check", (), None, (), World()), evidence()
    known, _ = begin_answer(question, (of,), network_of((of,)))
    assert passing(question, of, known.network) == passing(question, of)
    walks = dict(traces_of(known.network))
    assert walks
    assert passing(question, of, known.network) == "all"
    assert traces_of(known.network) == walks
    assert all(traces_of(known.network)[flow] is trace for flow, trace in walks.items())
