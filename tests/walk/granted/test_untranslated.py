"""Packets to another site that somebody has exempted from masquerading."""

import pytest

from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.small_host import DOCKER_RULES, host_namespace, network, route, sibling

SITE = parse_address("10.9.1.1")[1]
TO_SITE = Flow(FromContainer("web", sibling("container:web")), 4, SITE, "tcp", 80)
EXEMPTION = "-A POSTROUTING -s 172.17.0.0/16 -d 10.9.0.0/16 -j ACCEPT"


def exempting(rule: str = EXEMPTION, *, by: str | None = "198.51.100.12") -> Network:
    """Return the host with the rule before MASQUERADE, and with a route to the site by this router (None: none)."""
    first = DOCKER_RULES.index("-A POSTROUTING")
    ways = (route("10.9.0.0/16", "eth0", via=by),) if by is not None else ()
    return network(host_namespace(f"{DOCKER_RULES[:first]}{rule}\n{DOCKER_RULES[first:]}", routes=ways))


def test_the_other_site_may_know_the_way_back() -> None:
    trace = walk_flow(exempting(), TO_SITE)
    (asked,) = trace.questions
    assert trace.verdict == "leaves"
    assert str(asked.text).startswith("Does 198.51.100.12 know the way back to 172.17.0.2?")
    assert EXEMPTION in str(asked.text)
    assert asked.breaks_if == "no"


@pytest.mark.parametrize(
    "built",
    (exempting("-A POSTROUTING -s 172.17.0.0/16 -j ACCEPT"), exempting(by=None)),
    ids=("a rule for all destinations", "only the default route leads there"),
)
def test_without_a_rule_and_a_route_for_the_site_no_answer_comes(built: Network) -> None:
    trace = walk_flow(built, TO_SITE)
    assert trace.verdict == "unanswered"
    assert trace.questions == ()


def test_a_masqueraded_packet_is_not_asked_about() -> None:
    trace = walk_flow(exempting("-A POSTROUTING -s 172.17.0.0/16 -d 10.8.0.0/16 -j ACCEPT"), TO_SITE)
    assert (trace.verdict, trace.questions) == ("leaves", ())
