"""Lists that let only some clients to a port, and rules that stop clients by accident."""

import pytest
from msgspec.structs import replace

from hairpin.beside.walks.listed_clients import with_listed_clients
from hairpin.diagnose.examination import examine
from hairpin.network.flow import Lan
from hairpin.network.network import Network
from hairpin.wanted import ask_from
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, host_namespace, network, number, published

PLACE = "filter DOCKER-USER"


def ruled(*rules: str, base: str = DOCKER_RULES) -> Network:
    """Return the host with these rules at the end of DOCKER-USER."""
    for rule in reversed(rules):
        base = with_rule(PLACE, rule, base)
    return network(host_namespace(base))


LISTS = {
    "all but a network are dropped": (ruled("-i eth0 ! -s 10.1.0.0/16 -j DROP"), "10.1.0.0/16"),
    "the list names the port": (
        ruled("-s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j RETURN", "-i eth0 -j DROP"),
        "10.1.0.0/16",
    ),
    "the rule after the list names the port": (
        ruled("-s 10.1.0.7/32 -j RETURN", "-i eth0 -p tcp -m tcp --dport 80 -j DROP"),
        "10.1.0.7/32",
    ),
    "a chain of nothing but addresses": (
        ruled("-s 10.1.0.0/16 -j ACCEPT", "-s 10.2.0.0/16 -j ACCEPT", "-i eth0 -j DROP"),
        "10.1.0.0/16, 10.2.0.0/16",
    ),
    "the neighbours on the link": (ruled("-i eth0 ! -s 198.51.100.0/24 -j DROP"), "198.51.100.0/24"),
}


@each_row(("net", "listed"), LISTS.values(), ids=LISTS)
def test_a_list_that_keeps_out_the_invented_client_is_a_question(net: Network, listed: str) -> None:
    flow = replace(published(), invented=True)
    lan = replace(published(), start=Lan(number("198.51.100.77")))
    found = with_listed_clients(examine(net, (flow, lan) if listed == "198.51.100.0/24" else (flow,)))
    (diagnosis,) = found.diagnoses
    (question,) = diagnosis.trace.questions
    assert question.wanted == (ask_from("ADDRESS"),)  # the client that the list keeps out would tell nothing new
    assert (diagnosis.trace.succeeds, found.causes) == (True, ())
    assert f"A rule accepts only clients in {listed}" in str(question.text)
    named = with_listed_clients(examine(net, (published(),)))  # the user named the client
    assert not named.diagnoses[0].trace.succeeds
    assert named.causes


NEIGHBOURS = {
    "the invented client is listed": (ruled("-i eth0 ! -s 192.0.2.0/24 -j DROP"), "192.0.2.0/24", 1),
    "both are not listed": (ruled("-i eth0 ! -s 10.1.0.0/16 -j DROP"), "10.1.0.0/16", 1),
    "the list names the port": (
        ruled("-s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j RETURN", "-i eth0 -p tcp -m tcp --dport 80 -j DROP"),
        "192.0.2.0/24", 1,
    ),
    "the neighbours are banned": (ruled("-i eth0 -s 198.51.100.0/24 -j DROP"), "", 2),
}  # fmt: skip


@pytest.mark.parametrize(("net", "listed", "asked"), NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_a_neighbour_whom_only_a_list_keeps_out_is_a_question(net: Network, listed: str, asked: int) -> None:
    flow = replace(published(), invented=True)
    lan = replace(published(), start=Lan(number("198.51.100.77")))
    found = with_listed_clients(examine(net, (flow, lan)))
    if listed == "192.0.2.0/24":  # a client that a connection showed
        seen = with_listed_clients(examine(net, (published(), lan)))
        assert [each.trace.flow for each in seen.diagnoses] == [published()]
        assert not seen.causes
    assert len(found.diagnoses) == asked
    questions = [str(one.text) for each in found.diagnoses for one in each.trace.questions]
    assert [
        f"A rule accepts only clients in {listed}" in each and "Are the clients of" in each for each in questions
    ] == [True] * (2 - asked)
    assert bool(found.causes) is (not listed)
    named = with_listed_clients(examine(net, (lan,)))  # the user named the neighbour
    assert not named.diagnoses[0].trace.succeeds


MENDED = {
    "the port before DNAT": ("-s 10.1.0.0/16 -p tcp -m tcp --dport 8151 -j ACCEPT", "-i eth0 -j DROP"),
    "behind the rule that stops all": ("-i eth0 -j DROP", "-s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT"),
}


@pytest.mark.parametrize("rules", MENDED.values(), ids=MENDED)
def test_a_list_that_lets_nobody_in_is_the_cause_for_an_invented_client(rules: tuple[str, ...]) -> None:
    flow = replace(published(), invented=True)
    lan = replace(published(), start=Lan(number("198.51.100.77")))
    found = with_listed_clients(examine(ruled(*rules), (flow, lan)))
    (diagnosis,) = found.diagnoses
    assert [each.id for each in found.causes] == ["allow-rule-lets-nobody-in"]
    (question,) = diagnosis.trace.questions
    assert "A rule should accept only clients in 10.1.0.0/16. Are the clients of" in str(question.text)


def test_a_list_for_another_port_is_not_the_cause() -> None:
    flow = replace(published(), invented=True)
    net = ruled("-s 10.1.0.0/16 -p tcp -m tcp --dport 9999 -j ACCEPT", "-i eth0 -j DROP")
    assert [each.id for each in with_listed_clients(examine(net, (flow,))).causes] == ["docker-user-drops"]


NO_LISTS = {
    "everybody is dropped": ruled("-i eth0 -j DROP"),
    "an administrator's network passes, and ports are opened one by one": ruled(
        "-s 10.1.0.0/16 -j ACCEPT", "-p tcp -m tcp --dport 443 -j ACCEPT", "-i eth0 -j DROP"
    ),
    "the engine's rules are lost": ruled("-s 10.1.0.0/16 -j ACCEPT", base=DOCKER_RULES.replace("-o docker0", "-o br9")),
    "the list is of another port": ruled("-s 10.1.0.0/16 -p tcp -m tcp --dport 81 -j RETURN", "-i eth0 -j DROP"),
}


@pytest.mark.parametrize("net", NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_list_stays_a_problem(net: Network) -> None:
    found = examine(net, (replace(published(), invented=True),))
    assert not found.diagnoses[0].trace.succeeds
    assert with_listed_clients(found) is found
