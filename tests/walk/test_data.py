"""The first data: a host that a connection passes in one direction alone tracks it otherwise than its ends do."""

import pytest
from msgspec.structs import replace

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.acceptance.test_networks import network as recorded

WHOLE = recorded("healthy-three-nodes")
TO_ONE, TO_THREE = parse_address("10.244.1.0")[1], parse_address("10.244.3.0")[1]


def answering_by(gateway: int) -> Network:
    """Return three nodes, of which the second one's answers to the third one's containers take this next hop.

    The first node masquerades what is of its cluster and not for its own containers: of a connection that it knows from
    the server's data on, since it takes the handshake's reply for invalid.
    """
    node2 = WHOLE.namespace(Netns("node2"))
    routes = tuple(
        replace(each, next_hops=tuple(replace(hop, gateway=gateway) for hop in each.next_hops))
        if (each.destination, each.prefix_length) == (TO_THREE, 24)
        else each
        for each in node2.routes
    )
    return WHOLE.with_namespace(Netns("node2"), replace(node2, routes=routes))


def from_three(address: str) -> Flow:
    start = FromContainer("web", Netns("node3", "container:web"))
    return Flow(start, 4, parse_address(address)[1], "tcp", 80, host="node3")


@pytest.mark.parametrize(
    ("gateway", "verdict", "causes"), ((TO_ONE, "unanswered", ["node-route-wrong-host"]), (TO_THREE, "delivered", []))
)
def test_the_servers_data_on_a_way_of_their_own(gateway: int, verdict: str, causes: list[str]) -> None:
    net, flow = answering_by(gateway), from_three("10.244.2.2")
    assert walk_flow(net, flow).verdict == verdict
    assert [each.cause for each in diagnose(net, flow).causes] == causes


def test_a_host_that_forwards_one_direction_without_nat_is_no_loss() -> None:
    net = recorded("healthy-detour")
    start = FromContainer("web", Netns("node3", "container:web"))
    flow = Flow(start, 4, parse_address("10.244.1.2")[1], "tcp", 80, host="node3")
    assert walk_flow(net, flow).verdict == "delivered"
