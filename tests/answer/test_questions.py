"""What only the user can tell is asked once, and only if it is not known."""

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.network.world import World
from hairpin.question.outside import parse_world
from hairpin.question.question import parse_question
from hairpin.report.wanted import option_of
from hairpin.wanted import state_return_route
from tests.acceptance.recorded_networks import evidence

GATEWAY = "healthy-flannel-host-gw"
RETURN_ROUTE = '[[return_route]]\nnetwork = "10.244.1.0/24"\n'


def asked(
    *targets: str,
    origin: str = "",
    hosts: tuple[str, ...] = ("node1",),
    publics: tuple[str, ...] = (),
    stated: str = "",
) -> Answer:
    world = parse_world(stated, "world.toml") if stated else World()
    question = parse_question("check", targets, origin or None, publics, world)
    return ask(question, tuple(evidence(GATEWAY, host) for host in hosts))


def test_the_way_back_is_a_question_to_the_user() -> None:
    (found,) = asked("10.244.2.2:80", origin="container:web").questions
    assert (found.ref, found.flows, option_of(found.question.wanted[0])) == ("q1", ("f1",), "--host 198.51.100.12")
    assert str(found.question.text) == "Does the next hop, 198.51.100.12, know the way back to 10.244.1.2?"
    assert found.question.wanted[1] == state_return_route("10.244.1.0/24")
    assert "masquerade 10.244.1.0/24" in str(found.question.if_no)


def test_what_is_known_is_no_question() -> None:
    assert asked("10.244.2.2:80", origin="container:web", hosts=("node1", "node2")).questions == ()
    assert asked("10.244.2.2:80", origin="container:web", stated=RETURN_ROUTE).questions == ()
    assert asked("10.244.2.2:80", origin="host").questions == ()


def test_an_address_that_no_host_has_is_a_question() -> None:
    answer = asked("203.0.113.9:8151", origin="192.0.2.10")
    (found,) = answer.questions
    assert [each.verdict for each in answer.flows] == ["leaves"]
    assert str(found.question.text) == "Is 203.0.113.9 this host's public address?"
    assert option_of(found.question.wanted[0]) == "--public 203.0.113.9=198.51.100.11"
    assert asked("203.0.113.9:8151", origin="192.0.2.10", publics=("203.0.113.9",)).questions == ()


def test_of_several_hosts_the_option_names_the_one() -> None:
    (found,) = asked("203.0.113.9:8151@node2", origin="192.0.2.10", hosts=("node1", "node2")).questions
    assert option_of(found.question.wanted[0]) == "--public 203.0.113.9=198.51.100.12@node2"


def test_equal_questions_of_several_flows_are_one() -> None:
    found = asked("203.0.113.9:22", "203.0.113.9:22", "203.0.113.9:8151", origin="192.0.2.10").questions
    assert len(found) == 1
    assert len(found[0].flows) > 1
