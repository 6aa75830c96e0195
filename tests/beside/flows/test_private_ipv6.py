"""A container's way out over IPv6 that no program takes."""

import msgspec
import pytest

from hairpin.beside.flows.private_ipv6 import told_of_private_ipv6, ways_left_out
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from tests.causes.ipv6_hosts import of_ipv6_network


def of_web(net: Network) -> tuple[Flow, ...]:
    return flows_for(net, (parse_target("web"),), None)


def left_out(net: Network) -> tuple[Flow, ...]:
    return ways_left_out(net, of_web(net))


def test_a_dockerd_that_makes_no_rules_of_ipv6_before_docker_27() -> None:
    found = left_out(of_ipv6_network())
    assert [(each.version, each.purpose) for each in found] == [(6, "egress")]
    assert all(isinstance(each.start, FromContainer) for each in found)
    (said,) = told_of_private_ipv6(found)
    assert "the way out of web." in str(said)
    assert told_of_private_ipv6(()) == ()


@pytest.mark.parametrize(
    "net",
    (of_ipv6_network(masquerade=True), of_ipv6_network("2001:db8:d0c::"), of_ipv6_network(version="28.5.2")),
    ids=("masqueraded", "a public address", "rules of IPv6 that are gone"),
)
def test_other_ways_out_are_asked(net: Network) -> None:
    assert left_out(net) == ()


def test_without_a_way_out_over_ipv4_the_other_is_asked() -> None:
    net = of_ipv6_network()
    flows = tuple(each for each in of_web(net) if each.version == 6)
    assert ways_left_out(net, flows) == ()
    named = tuple(msgspec.structs.replace(each, purpose="asked") for each in of_web(net))
    assert ways_left_out(net, named) == ()
