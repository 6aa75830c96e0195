"""Replies from anycast and multicast addresses, and whether they reach the sender."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.acceptance.test_networks import network as recorded
from tests.small_host import HOST_NETNS, number
from tests.walk.link.test_neighbour_discovery import BEYOND, OWN, net

EVERYBODY = number("2001:db8:2::")
ANYCAST = Route(6, EVERYBODY, 128, TABLE_LOCAL, "anycast", (NextHop("eth0"),), protocol="kernel")


def routers(rules: str = "") -> Network:
    """Return the host with the anycast address of its network's routers."""
    plain = net(rules)
    host, *rest = plain.this.namespaces
    sysctls = host.sysctls
    for which in ("all", "eth0"):
        sysctls = sysctls.with_value(("net", "ipv6", "conf", which, "forwarding"), "1")
    host = msgspec.structs.replace(host, routes=(ANYCAST, *host.routes), sysctls=sysctls)
    return plain.with_host(msgspec.structs.replace(plain.this, namespaces=(host, *rest)))


FLOWS: dict[str, tuple[Flow, str, str]] = {
    "its own address": (Flow(BEYOND, 6, OWN, "tcp", 22), "delivered", ""),
    "TCP to anycast, who listens": (Flow(BEYOND, 6, EVERYBODY, "tcp", 22), "dropped", "martian-destination"),
    "TCP to anycast, and nobody": (Flow(BEYOND, 6, EVERYBODY, "tcp", 23), "dropped", "martian-destination"),
    "an echo to anycast": (Flow(BEYOND, 6, EVERYBODY, "icmp", 7), "unanswered", "wrong-answer"),
}


@pytest.mark.parametrize(("flow", "verdict", "reason"), FLOWS.values(), ids=FLOWS)
def test_anycast(flow: Flow, verdict: str, reason: str) -> None:
    trace = walk_flow(routers(), flow)
    stop = trace.usual.stop
    assert (trace.verdict, stop.reason if stop is not None else "") == (verdict, reason)


def asking_by_link() -> Network:
    """Return the host, one of whose policy rules is for what sockets send by eth0."""
    host = net().namespace(HOST_NETNS)
    rules = (
        PolicyRule(6, 0, table=TABLE_LOCAL),
        PolicyRule(6, 9, action="prohibit", oif="eth0"),
        PolicyRule(6, 32766, table=TABLE_MAIN),
    )
    return net().with_namespace(HOST_NETNS, msgspec.structs.replace(host, rules=(*host.rules, *rules)))


# flow, its verdict, what loses the answer
BY_LINK: dict[str, tuple[Flow, str, str]] = {
    "an echo's answer knows its link": (Flow(BEYOND, 6, OWN, "icmp", 7), "unanswered", "route-type"),
    "that of TCP does not": (Flow(BEYOND, 6, OWN, "tcp", 22), "delivered", ""),
}


@pytest.mark.parametrize(("flow", "verdict", "reason"), BY_LINK.values(), ids=BY_LINK)
def test_replies_that_are_routed_with_the_requests_link(flow: Flow, verdict: str, reason: str) -> None:
    trace = walk_flow(asking_by_link(), flow)
    stop = trace.usual.stop
    assert (trace.verdict, stop.reason if stop is not None else "") == (verdict, reason)


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
