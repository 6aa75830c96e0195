"""Rules that drop IPv6 neighbour discovery, on the running kernel.  Needs root."""

import pytest

from hairpin.judges.agreement import agreement
from hairpin.network.flow import Flow, Outside
from hairpin.replica.judge import judge, judge_all
from hairpin.walk.walk import walk_flow
from tests.walk.link.test_neighbour_discovery import CLIENT, FLOWS, INNER_RULES, OWN, STRANGERS, net, strangers
from tests.whole import thinned

CASES = {name: (net(rules, policy), start, daddr) for name, (rules, policy, start, daddr, *_) in FLOWS.items()} | {
    f"a container's own rules, {name}": (net(inner=rules), start, daddr)
    for name, (rules, start, daddr, *_) in INNER_RULES.items()
}


@pytest.mark.parametrize("name", thinned(CASES, 4))
def test_the_kernel_finds_the_neighbours_that_the_walk_finds(name: str) -> None:
    within, start, daddr = CASES[name]
    asked = Flow(start, 6, daddr, "tcp", 22)
    found = agreement(walk_flow(within, asked), judge(within, asked))
    assert (found.judge, found.reason) == ("replicated", None)


@pytest.mark.parametrize("rules", [rules for rules, _ in STRANGERS.values()], ids=list(STRANGERS))
def test_a_router_solicits_for_a_client_that_is_not_on_the_link(rules: str) -> None:
    within, asked = strangers(rules), Flow(Outside(CLIENT, "eth0"), 6, OWN, "tcp", 22)
    found = agreement(walk_flow(within, asked), judge(within, asked))
    assert (found.judge, found.reason) == ("replicated", None)


def test_an_unresolved_neighbour_is_solicited_again() -> None:
    within, start, daddr = CASES["of a neighbour"]
    asked = Flow(start, 6, daddr, "tcp", 22)
    trace = walk_flow(within, asked)
    assert [agreement(trace, each).reason for each in judge_all(within, (asked, asked))] == [None, None]
