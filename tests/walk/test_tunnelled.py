"""A client whose address a tunnel's route names comes in by that tunnel."""

import pytest
from msgspec.structs import replace

from hairpin.host.link import Link
from hairpin.host.route import NextHop, Route
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.begin import begin
from hairpin.walk.state import State
from hairpin.walk.tunnelled import innermost, tunnel_to
from hairpin.walk.walk import walk_flow
from tests.acceptance.test_networks import network

POD, OWN, FAR = (parse_address(each)[1] for each in ("10.244.2.2", "198.51.100.11", "192.0.2.10"))


def node(name: str) -> Network:
    whole = network(name)
    return Network((whole.host("node1"),), whole.world)


def asked(client: int) -> Flow:
    return Flow(Outside(client), 4, OWN, "tcp", 8151, host="node1")


CASES: dict[str, tuple[str, int, str]] = {
    "an overlay's route": ("healthy-flannel-vxlan", POD, "flannel.1"),
    "a route by the uplink": ("healthy-flannel-host-gw", POD, ""),
    "the default route": ("healthy-flannel-vxlan", FAR, ""),
}


@pytest.mark.parametrize(("name", "client", "link"), CASES.values(), ids=CASES)
def test_which_tunnel_leads_to_a_client(name: str, client: int, link: str) -> None:
    found = tunnel_to(node(name), node(name).this.netns, 4, client)
    assert (found[0].name if found is not None else "") == link


def test_a_default_route_into_a_tunnel_names_no_client() -> None:
    """A VPN that takes everything says nothing of where a client is: it asks the host's own address."""
    built = node("healthy-flannel-vxlan")
    namespace = built.namespace(built.this.netns)
    halves = tuple(Route(4, base, 1, next_hops=(NextHop("flannel.1"),)) for base in (0, 1 << 31))
    everything = built.with_namespace(built.this.netns, replace(namespace, routes=(*namespace.routes, *halves)))
    assert tunnel_to(everything, everything.this.netns, 4, FAR) is None


def test_the_packet_comes_inside_an_outer_one_and_so_goes_the_reply() -> None:
    built = node("healthy-flannel-vxlan")
    started = begin(built, asked(POD))
    assert isinstance(started, State)
    assert (started.iif, started.packet.dport, innermost(started).saddr) == ("eth0", 8472, POD)
    trace = walk_flow(built, asked(POD))
    assert trace.verdict == "delivered"
    assert "tunnel" in {step.stage for step in trace.usual.reply}


@pytest.mark.parametrize(
    ("name", "reason"),
    (
        ("vxlan-port-blocked.output", "rule"),
        ("interface-forwarding-off.near-tunnel", "forwarding-off"),
        ("tunnel-source-lost", "no-source-address"),
    ),
)
def test_a_sick_tunnel_stops_its_clients(name: str, reason: str) -> None:
    stop = walk_flow(node(name), asked(POD)).usual.stop
    assert stop is not None
    assert stop.reason == reason


def with_vpn(*halves: int) -> Network:
    """Return the host, all of whose routes to clients outside lead into a program's device."""
    built = node("healthy-flannel-host-gw")
    namespace = built.namespace(built.this.netns)
    routes = tuple(Route(4, base, 1, next_hops=(NextHop("tun0"),)) for base in halves)
    device = Link(99, "tun0", "tun", flags=("POINTOPOINT", "NOARP"), holder="openvpn")
    return built.with_namespace(
        built.this.netns, replace(namespace, links=(*namespace.links, device), routes=(*namespace.routes, *routes))
    )


BESIDE: dict[str, tuple[tuple[int, ...], str, str]] = {
    "a VPN takes the answer": ((0, 1 << 31), "unanswered", "wrong-answer"),
    "the uplink takes it": ((0,), "delivered", ""),
}


@pytest.mark.parametrize(("halves", "verdict", "reason"), BESIDE.values(), ids=BESIDE)
def test_an_answer_into_a_tunnel_that_the_request_did_not_come_by(
    halves: tuple[int, ...], verdict: str, reason: str
) -> None:
    trace = walk_flow(with_vpn(*halves), asked(FAR))
    stop = trace.usual.stop
    assert (trace.verdict, stop.reason if stop is not None else "") == (verdict, reason)
