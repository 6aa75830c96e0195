"""ARP requests of the outside: sent by the world where the walk says that the host does not answer, and by whom."""

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.route import Neighbour
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.replica.plan.links import Wire, wiring
from hairpin.replica.plan.routers import asking, gateways, next_hop, routes, rules, unheard_router, wire_mtu
from tests.causes.hosts import with_link
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, host_namespace, network, number, published, route

ROUTER = number("198.51.100.1")
NEIGHBOUR = number("198.51.100.7")
FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)


def strict(*routes: str) -> Network:
    """Return the host with strict eth0, and routes by docker0."""
    made: Namespace = host_namespace(
        values={"conf__eth0__rp_filter": "1"}, routes=tuple(route(each, "docker0") for each in routes)
    )
    return network(made)


def test_a_host_that_would_reach_its_router_another_way_is_asked_by_it() -> None:
    built = strict("198.51.100.0/25")
    wire, *_ = wires = wiring(built, (HOST_NETNS,)).wires
    assert unheard_router(built, (FLOW,), wire) == ("198.51.100.1", "198.51.100.11")
    assert next_hop(built, (FLOW,), wire, 4) == ("198.51.100.11", "address add 198.51.100.1/32 dev w1 noprefixroute")
    (setting,) = asking(built, (FLOW,), wires)
    assert (setting.path, setting.value) == ("net/ipv4/conf/w1/arp_announce", "2")


def test_a_host_that_answers_its_router_is_not_asked() -> None:
    built = strict()
    wire, *_ = wires = wiring(built, (HOST_NETNS,)).wires
    assert unheard_router(built, (FLOW,), wire) is None
    assert tuple(asking(built, (FLOW,), wires)) == ()
    router, line = next_hop(built, (FLOW,), wire, 4)
    assert line.startswith(f"neighbour replace {router} lladdr ")


@pytest.mark.parametrize(("arp_ignore", "expected"), (("8", ("198.51.100.7", "198.51.100.11")), ("0", None)))
def test_a_client_on_the_link_asks_itself(arp_ignore: str, expected: tuple[str, str] | None) -> None:
    built = network(host_namespace(values={"conf__all__arp_ignore": arp_ignore}))
    wire, *_ = wiring(built, (HOST_NETNS,)).wires
    assert unheard_router(built, (Flow(Lan(NEIGHBOUR), 4, HOST_ADDRESS, "tcp", 8151),), wire) == expected


def test_the_next_hops_by_uplinks_are_outside() -> None:
    """Those that were seen there, and those in a network of the link's own: a route may name any address."""
    entry = Neighbour("eth0", 4, ROUTER, 0x020000000009, "REACHABLE")
    for neighbours, addresses, found in (
        ((), host_namespace().addresses, {"198.51.100.1"}),
        ((entry,), (), {"198.51.100.1"}),
        ((), (), set[str]()),
    ):
        host = msgspec.structs.replace(host_namespace(), neighbours=neighbours, addresses=addresses)
        assert set(gateways(network(host), 4)) == found


def wire(mtu_bytes: int) -> Wire:
    link = with_link(host_namespace(), "eth0", mtu_bytes=mtu_bytes).link("eth0")
    assert link is not None
    return Wire(HOST_NETNS, link, "w1")


def test_a_client_behind_a_router_tells_ethernet_s_mtu() -> None:
    net, flows = network(with_link(host_namespace(), "eth0", mtu_bytes=1400)), (published(),)
    (line,) = routes(net, flows, wire(1400), 0, 4)
    assert line.endswith("onlink table 3001 advmss 1460")
    assert list(rules(net, flows, (wire(1400),), 4, {"w1": 1})) == [
        "rule add priority 9 fwmark 1001 from 192.0.2.10/32 iif lo lookup 3001",
        "rule add priority 9 fwmark 1 from 192.0.2.10/32 iif lo lookup 3001",
    ]
    assert list(wire_mtu(wire(1400))) == ["link set dev w1 mtu 1400"]


def test_a_neighbour_tells_its_link_s() -> None:
    net = network(with_link(host_namespace(), "eth0", mtu_bytes=1400))
    assert not list(routes(net, (published(Lan(CLIENT)),), wire(1400), 0, 4))


def test_a_usual_wire_needs_nothing() -> None:
    assert not list(wire_mtu(wire(1500)))
    assert not list(routes(network(), (published(),), wire(1500), 0, 4))
