"""Networks of clients that a rule or a route treats differently from the invented client."""

import msgspec
import pytest

from hairpin.beside.notes.client_networks import told_by_network
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.route import TABLE_MAIN, Neighbour, NextHop, PolicyRule, Route
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, host_namespace, network, published

PLACE = "filter DOCKER-USER"
TEN = parse_address("10.0.0.0")[1]
BLACKHOLE = Route(4, TEN, 8, TABLE_MAIN, "blackhole")
TO_TEN = Route(4, TEN, 8, TABLE_MAIN, next_hops=(NextHop("eth0", parse_address("198.51.100.77")[1]),))
USUAL = (PolicyRule(4, 0, table=255), PolicyRule(4, 32766, table=254))


def ruled(rule: str) -> Network:
    """Return the host with this rule in DOCKER-USER."""
    return network(host_namespace(with_rule(PLACE, rule)))


CASES = {
    "no such rule": (network(), ""),
    "a network is dropped": (ruled("-s 10.0.0.0/8 -j DROP"), "10.0.0.0/8"),
    "a network is let through, as all are": (ruled("-s 10.0.0.0/8 -j RETURN"), ""),
    "a network is dropped at another port": (ruled("-s 10.0.0.0/8 -p udp -j DROP"), ""),
    "a single address is dropped": (ruled("-s 10.0.0.7/32 -j DROP"), ""),
    "an own network is dropped": (ruled("-s 172.17.0.0/24 -j DROP"), ""),
    "a route refuses a network": (network(host_namespace(routes=(BLACKHOLE,))), "10.0.0.0/8"),
    "a policy rule refuses a network": (
        network(host_namespace(policy_rules=(PolicyRule(4, 50, "blackhole", destination=(TEN, 8)), *USUAL))),
        "10.0.0.0/8",
    ),
    "a policy rule names a network, and its table leads there, too": (
        network(host_namespace(policy_rules=(PolicyRule(4, 100, table=254, source=(TEN, 8)), *USUAL))),
        "",
    ),
}


@each_row(("net", "named"), CASES.values(), ids=CASES)
def test_networks_whose_clients_are_stopped_are_named(net: Network, named: str) -> None:
    flow = msgspec.structs.replace(published(), invented=True)
    told = [str(each) for each in told_by_network(net, (diagnose(net, flow),))]
    assert [
        each.startswith(f"clients in {named} do not get through, but other clients do; to see why, ask with ")
        for each in told
    ] == [True] * bool(named)
    assert told_by_network(net, (diagnose(net, published()),)) == ()  # the user named the client


def test_many_networks_are_one_note() -> None:
    rules = DOCKER_RULES
    for number in range(5):
        rules = with_rule(PLACE, f"-s 10.{number}.0.0/16 -j DROP", rules)
    net = network(host_namespace(rules))
    (told,) = told_by_network(net, (diagnose(net, msgspec.structs.replace(published(), invented=True)),))
    assert "(+2) do not get through" in str(told)


def behind(state: str, mac: int | None = None) -> Network:
    """Return the host with a route to 10.0.0.0/8 by a gateway whose neighbour entry is in this state."""
    namespace = host_namespace(routes=(TO_TEN,))
    entry = Neighbour("eth0", 4, parse_address("198.51.100.77")[1], mac, state)
    return network(msgspec.structs.replace(namespace, neighbours=(*namespace.neighbours, entry)))


SILENT = "clients in 10.0.0.0/8 get through only if 198.51.100.77 answers on eth0 (neighbour entry:"
GATEWAYS = {
    "it did not answer": (behind("FAILED"), f"{SILENT} FAILED); "),
    "it has not answered yet": (behind("INCOMPLETE"), f"{SILENT} INCOMPLETE); "),
    "it answered": (behind("STALE", 2), ""),
    "it was not asked": (network(host_namespace(routes=(TO_TEN,))), ""),
}


@pytest.mark.parametrize(("net", "begins"), GATEWAYS.values(), ids=GATEWAYS)
def test_networks_behind_a_gateway_that_does_not_answer_are_named(net: Network, begins: str) -> None:
    flow = msgspec.structs.replace(published(), invented=True)
    told = [str(each) for each in told_by_network(net, (diagnose(net, flow),))]
    assert [each.startswith(begins) for each in told] == [True] * bool(begins)
