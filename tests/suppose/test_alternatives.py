"""What the supposed parts may be instead: each alternative has the cause that it names, and told parts have none."""

import pytest

from hairpin.answer.cause_answers import of_searched
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.examination import examine
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_origin, parse_target
from hairpin.suppose.alternatives import Alternative, alternatives
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.suppose.test_ordinary import ADDRESSES, CLOSED, PS, RUN, network

_QUESTIONS = (("8080", None), ("203.0.113.7:443", "container:web"))


def _found(whole: Network, target: str, origin: str | None) -> list[tuple[Alternative, list[str]]]:
    """Return each alternative that stops a flow, with the causes that a search finds there."""
    asked = flows_for(whole, (parse_target(target),), parse_origin(origin) if origin else None)
    found: list[tuple[Alternative, list[str]]] = []
    for each in alternatives(whole, asked):
        then = simulate(each.change, whole)
        stopped = tuple(flow for flow in asked if not walk_flow(then, flow).succeeds)
        if stopped:
            found.append((each, [cause.id for cause in of_searched(examine(then, stopped))]))
    return found


@pytest.mark.parametrize(("target", "origin"), _QUESTIONS)
def test_each_alternative_has_the_cause_that_it_names(target: str, origin: str | None) -> None:
    found = _found(network(RUN), target, origin)
    assert len(found) >= 6
    # Without the whole chain, masquerading is gone, too, and that is what stops a container's own packets.
    assert [(each.cause, causes[0]) for each, causes in found if each.cause != causes[0]] in (
        [],
        [("docker-nat-chain-missing", "masquerade-missing")],
    )


_LISTENING = """\
$ docker exec web ss -lnt
State  Recv-Q Send-Q Local Address:Port Peer Address:Port
LISTEN 0      511          0.0.0.0:80        0.0.0.0:*
"""
_ROUTES = """\
$ ip route
default via 10.8.0.1 dev ens3
10.8.0.0/24 dev ens3 proto kernel scope link src 10.8.0.5
"""


@each_row(
    ("text", "cause"),
    (
        (CLOSED, "docker-filter-chain-missing"),
        ("net.ipv4.ip_forward = 1\n", "ip-forward-off"),
        (PS, "container-not-running"),
        (_LISTENING, "service-not-listening"),
        (_ROUTES, "host-default-route-missing"),
    ),
)
def test_a_told_part_has_no_alternative(text: str, cause: str) -> None:
    asked = (parse_target("8080"),)
    before, after = network(RUN), network(RUN, ADDRESSES, text)
    assert cause in {each.cause for each in alternatives(before, flows_for(before, asked, None))}
    assert cause not in {each.cause for each in alternatives(after, flows_for(after, asked, None))}


def test_a_daemon_without_the_chain_docker_user_has_no_rule_in_it() -> None:
    old = network(RUN + "\n$ docker version\nServer:\n Version:      1.13.0\n API version:  1.25\n")
    flows = flows_for(old, (parse_target("8080"),), None)
    causes = {each.cause for each in alternatives(old, flows)}
    assert "docker-user-drops" not in causes
    assert "reject-rule-before-docker" in causes


def test_they_are_made_once_for_each_network_and_its_flows() -> None:
    completed = network(RUN, target="8080")
    assert alternatives(completed, ()) is alternatives(completed, ())
