import msgspec

from hairpin.beside.walks.stopped_clients import asks_about, with_stopped_clients
from hairpin.diagnose.examination import examine
from hairpin.walk.trace import OpenQuestion
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, host_namespace, network, number, published


def asked(*rules: str) -> tuple[OpenQuestion, ...]:
    """Return the questions of a flow that has a second client, on a host with more rules in DOCKER-USER."""
    text = DOCKER_RULES
    for rule in reversed(rules):
        text = with_rule("filter DOCKER-USER", rule, text)
    flow = msgspec.structs.replace(published(), stand_ins=(number("203.0.113.10"),))
    (found,) = with_stopped_clients(examine(network(host_namespace(text)), (flow,))).diagnoses
    if found.instead_of is not None:
        assert asks_about(found.trace, found.instead_of) is bool(found.trace.questions)
    return found.trace.questions


def test_one_network_that_a_rule_stops() -> None:
    (found,) = asked("-s 192.0.2.0/24 -j DROP")
    assert str(found.text) == "Do clients of 198.51.100.11:8151/tcp come from 192.0.2.0/24?"
    assert (
        str(found.if_yes) == "This rule stops these clients: filter DOCKER-USER: -A DOCKER-USER -s 192.0.2.0/24 -j DROP"
    )
    assert found.breaks_if == "yes"


def test_a_list_of_many_networks_is_no_question() -> None:
    assert asked(*(f"-s {each} -j DROP" for each in ("10.0.0.0/8", "192.0.2.0/24", "240.0.0.0/4", "0.0.0.0/8"))) == ()


def test_a_healthy_host_is_asked_nothing() -> None:
    assert asked() == ()
    assert asked("-s 10.0.0.0/8 -j DROP") == ()
