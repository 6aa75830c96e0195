"""One host alone with a tunnel: the world has the far end, and the kernel says what the walk says.

Needs root.
"""

from collections.abc import Callable

import msgspec
import pytest

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link, Tunnel
from hairpin.host.route import FdbEntry, Neighbour, NextHop, Route
from hairpin.judges.agreement import agreement
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import LINK_LOCAL6, parse_address
from hairpin.network.world import Peer, World
from hairpin.replica.judge import judge, judge_all
from hairpin.replica.judgement import Judgement
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded_networks import evidence, expected
from tests.acceptance.test_networks import flow_of
from tests.acceptance.test_networks import network as recorded
from tests.two_hosts import ADDRESSES, MACS, TUNNEL_ADDRESSES, TUNNEL_MACS, node
from tests.whole import thinned_rows

THROUGH = Flow(FromHost(), 4, TUNNEL_ADDRESSES["two"], "tcp", 80, host="one")
TO_PORT = Flow(FromHost(), 4, ADDRESSES["two"], "udp", 8472, host="one")
HEALTHY = node("one")
(NAMESPACE,) = HEALTHY.namespaces
DROPS = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A {} -j DROP\nCOMMIT\n"
THIRD = FdbEntry(None, "flannel.1", MACS["two"], remote=parse_address("198.51.100.13")[1])
MANY = tuple(msgspec.structs.replace(THIRD, mac=each, remote=(THIRD.remote or 0) + each) for each in range(1, 20))


def drops(rule: str) -> Host:
    return node("one", rules=DROPS.format(rule))


def with_parts(
    *,
    links: tuple[Link, ...] = NAMESPACE.links,
    fdb: tuple[FdbEntry, ...] = NAMESPACE.fdb,
    neighbours: tuple[Neighbour, ...] = NAMESPACE.neighbours,
) -> Host:
    changed: Namespace = msgspec.structs.replace(NAMESPACE, links=links, fdb=fdb, neighbours=neighbours)
    return msgspec.structs.replace(HEALTHY, namespaces=(changed,))


def agreed(net: Network, flow: Flow) -> Judgement:
    """Return the judgement, which is the walk's, with nothing left out."""
    judgement = judge(net, flow)
    found = agreement(walk_flow(net, flow), judgement)
    assert (found.agrees, found.judge, found.reason) == (True, "replicated", None)
    return judgement


LEAVING: dict[str, tuple[Host, Flow]] = {
    "TCP": (HEALTHY, THROUGH),
    "TCP, and full-sized segments": (HEALTHY, msgspec.structs.replace(THROUGH, data_bytes=4000)),
    "UDP": (HEALTHY, msgspec.structs.replace(THROUGH, protocol="udp", dport=53)),
    "an echo": (HEALTHY, msgspec.structs.replace(THROUGH, protocol="icmp", dport=0)),
    "large frames on the uplink": (node("one", mtu_bytes=9000), THROUGH),
    "one of two remotes": (with_parts(fdb=(THIRD, *NAMESPACE.fdb)), THROUGH),
    "one of many remotes": (with_parts(fdb=(*MANY, *NAMESPACE.fdb)), THROUGH),
    "a rule about another far end": (drops("INPUT -s 198.51.100.13 -p udp --dport 8472"), THROUGH),
    "the outer port itself": (HEALTHY, TO_PORT),
}


@pytest.mark.parametrize(("host", "flow"), thinned_rows(LEAVING.values(), 2), ids=LEAVING)
def test_what_the_far_end_is_presumed_to_answer_leaves(host: Host, flow: Flow) -> None:
    net = Network((host,))
    assert walk_flow(net, flow).verdict == "leaves"
    assert agreed(net, flow).verdict == "delivered"


def over_ipv6() -> Host:
    """Return the host with a tunnel whose outer packets are IPv6, on the link."""
    own, far = (parse_address(f"2001:db8::{text}")[1] for text in ("11", "12"))
    tunnel = Tunnel("vxlan", version=6, key=1, port=8472, local=own, underlay="eth0")
    host = node("one", tunnel=tunnel, remote=far)
    (namespace,) = host.namespaces
    links = tuple(msgspec.structs.replace(each, mtu_bytes=1430) if each.tunnel else each for each in namespace.links)
    routes = (
        Route(6, own, 128, 255, "local", (NextHop("eth0"),)),
        Route(6, LINK_LOCAL6.network + 0x11, 128, 255, "local", (NextHop("eth0"),)),
        Route(6, parse_address("2001:db8::")[1], 64, next_hops=(NextHop("eth0"),)),
        Route(6, LINK_LOCAL6.network, LINK_LOCAL6.prefix_length, next_hops=(NextHop("eth0"),)),
    )
    addresses = (Address("eth0", 6, own, 64), Address("eth0", 6, LINK_LOCAL6.network + 0x11, 64, "link"))
    changed = msgspec.structs.replace(
        namespace, links=links, routes=(*namespace.routes, *routes), addresses=(*namespace.addresses, *addresses)
    )
    return msgspec.structs.replace(host, namespaces=(changed,))


def test_outer_packets_may_be_ipv6() -> None:
    net = Network((over_ipv6(),))
    assert walk_flow(net, THROUGH).verdict == "leaves"
    judgement = agreed(net, THROUGH)
    assert judgement.verdict == "delivered"
    assert {each.version for each in judgement.path if each.link == "w1"} == {6}


STOPPED: dict[str, tuple[Host, str]] = {
    "a rule drops outer packets": (drops("OUTPUT -p udp --dport 8472"), "dropped"),
    "a rule drops inner packets": (drops("OUTPUT -o flannel.1 -p tcp"), "dropped"),
    "a rule drops outer answers": (drops("INPUT -p udp --dport 8472"), "unanswered"),
    "a rule drops this far end's answers": (drops("INPUT -s 198.51.100.12 -p udp --dport 8472"), "unanswered"),
    "a rule drops inner answers": (drops("INPUT -i flannel.1 -p tcp"), "unanswered"),
    "no forwarding entry": (with_parts(fdb=()), "dropped"),
    "only another forwarding entry": (with_parts(fdb=(THIRD,)), "dropped"),
    "no neighbour entry": (with_parts(neighbours=()), "dropped"),
}


@pytest.mark.parametrize(("host", "said"), thinned_rows(STOPPED.values(), 2), ids=STOPPED)
def test_the_host_stops_it_as_in_the_walk(host: Host, said: str) -> None:
    assert agreed(Network((host,)), THROUGH).verdict == said


@pytest.mark.parametrize("flow", (THROUGH, msgspec.structs.replace(THROUGH, daddr=ADDRESSES["two"])))
@pytest.mark.parametrize("entries", (True, False), ids=("known", "asked by ARP"))
def test_a_stated_peer_refuses_packets(entries: bool, flow: Flow) -> None:
    """The outer packets of a tunnel are refused as others are; the peer answers ARP."""
    peer = Peer(4, ADDRESSES["two"], 32, ((parse_address("203.0.113.0")[1], 24),))
    seen = Neighbour("eth0", 4, ADDRESSES["two"], MACS["two"], "PERMANENT")
    host = with_parts(neighbours=(*NAMESPACE.neighbours, seen)) if entries else HEALTHY
    assert agreed(Network((host,), World(peers=(peer,))), flow).verdict == "unanswered"


def test_the_frame_goes_into_the_tunnel_and_comes_out_of_it_in_the_world() -> None:
    path = agreed(Network((HEALTHY,)), THROUGH).path
    assert [(each.link, each.out) for each in path[:4]] == [
        ("flannel.1", True), ("eth0", True), ("w1", False), ("t1", False),
    ]  # fmt: skip


# Flannel, a bridge that learns, one whose containers are as near, swarm, and a node with two others.
ALONE = (
    "healthy-bridge-vxlan-learning",
    "healthy-flannel-vxlan",
    "healthy-published-across-hosts",
    "healthy-swarm-overlay",
    "healthy-three-nodes",
)


@pytest.mark.parametrize("name", ALONE)
def test_a_recorded_healthy_node_alone_agrees(name: str) -> None:
    whole = recorded(name)
    for host in whole.hosts:
        net = Network((host,), whole.world)
        asked = (flow_of(each, whole) for each in expected()[name].flows if each.origin != "lan")
        flows = tuple(flow for flow in asked if flow.host == host.name)
        for judgement in judge_all(net, flows, (evidence(name, host.name),)) if flows else ():
            found = agreement(walk_flow(net, judgement.flow), judgement)
            assert (found.agrees, found.judge, judgement.verdict) == (True, "replicated", "delivered")


def test_two_hosts_of_three_have_the_third_in_the_world() -> None:
    far = msgspec.structs.replace(THIRD, mac=TUNNEL_MACS["two"] + 1)
    host = with_parts(
        fdb=(*NAMESPACE.fdb, far),
        neighbours=(*NAMESPACE.neighbours, Neighbour("flannel.1", 4, THROUGH.daddr + 9, far.mac, "PERMANENT")),
    )
    net = Network((host, node("two")))
    assert agreed(net, THROUGH).verdict == "delivered"


def without_carrier(namespace: Namespace) -> Namespace:
    """Return the namespace with its tunnel devices down."""
    links = (
        msgspec.structs.replace(
            each,
            up=False,
            carrier=False,
            port=msgspec.structs.replace(each.port, state="disabled") if each.port is not None else None,
        )
        if each.tunnel
        else each
        for each in namespace.links
    )
    return msgspec.structs.replace(namespace, links=tuple(links))


def without_remotes(namespace: Namespace) -> Namespace:
    return msgspec.structs.replace(namespace, fdb=tuple(each for each in namespace.fdb if each.remote is None))


@pytest.mark.parametrize("broken", (without_carrier, without_remotes))
def test_a_broken_device_of_swarm_stops_the_packet_as_in_the_walk(broken: Callable[[Namespace], Namespace]) -> None:
    whole = recorded("healthy-swarm-overlay")
    host = whole.hosts[0]
    net = Network((msgspec.structs.replace(host, namespaces=tuple(broken(each) for each in host.namespaces)),))
    flow = flow_of(expected()["healthy-swarm-overlay"].flows[0], whole)
    assert flow.host == host.name
    assert agreed(net, flow).verdict == "dropped"


@pytest.mark.parametrize(
    ("name", "node_", "client", "verdict"),
    (
        ("healthy-flannel-vxlan", "node1", "10.244.2.2", "delivered"),
        ("healthy-bridge-vxlan", "node1", "10.244.2.2", "delivered"),
        ("vxlan-port-blocked.answers", "node1", "10.244.2.2", "dropped"),
        ("vxlan-port-blocked.output", "node1", "10.244.2.2", "unanswered"),
        ("vxlan-port-blocked.nft", "node2", "10.244.1.2", "dropped"),
        ("interface-forwarding-off.near-tunnel", "node1", "10.244.2.2", "dropped"),
        ("tunnel-source-lost", "node1", "10.244.2.2", "dropped"),
    ),
)
def test_a_client_behind_the_far_end_comes_in_by_the_tunnel(
    name: str, node_: str, client: str, verdict: Verdict
) -> None:
    whole = recorded(name)
    net = Network((whole.host(node_),), whole.world)
    own = parse_address("198.51.100.11" if node_ == "node1" else "198.51.100.12")[1]
    flow = Flow(Outside(parse_address(client)[1]), 4, own, "tcp", 8151, host=node_)
    judgement = judge(net, flow)
    assert (walk_flow(net, flow).verdict, judgement.verdict) == (verdict, verdict)
