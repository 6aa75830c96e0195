"""A frame's way through a tunnel: encapsulated, the outer packet's own way, decapsulated."""

from typing import Literal

import msgspec
from msgspec.structs import replace

from hairpin.host.host import Host, Namespace
from hairpin.host.link import BridgePort, Link, Tunnel
from hairpin.netfilter.packet import TCP, Packet
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.link.tunnel import encapsulated
from hairpin.walk.state import End, State
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded_networks import expected
from tests.acceptance.test_networks import flow_of
from tests.acceptance.test_networks import network as recorded
from tests.rows import each_row
from tests.two_hosts import ADDRESSES, ONE, OPEN, TUNNEL_ADDRESSES, network, node, vxlan

BLOCKED = OPEN.replace("COMMIT", "-A INPUT -p udp -m udp --dport 8472 -j {}\nCOMMIT")
SENT = OPEN.replace("COMMIT", "-A OUTPUT -p udp -m udp --dport 8472 -j DROP\nCOMMIT")
INSIDE = OPEN.replace("COMMIT", "-A INPUT -i flannel.1 -j DROP\nCOMMIT")
STRANGER = 0xC6336463


def walked(net: Network) -> Trace:
    """Return the walk from the first host to the second by the tunnel."""
    return walk_flow(net, Flow(FromHost(), 4, TUNNEL_ADDRESSES["two"], "tcp", 80, host="one"))


def enslaved() -> Host:
    """Return the second host, whose tunnel device is a port of a bridge with a hardware address of its own."""
    host = node("two")
    namespace = host.namespaces[0]
    lo, eth0, device, bridge = namespace.links
    links = (lo, eth0, replace(device, master="docker0", port=BridgePort()), replace(bridge, mac=0x99, carrier=True))
    return replace(host, namespaces=(replace(namespace, links=links),))


# network, verdict, reason and host of the stop
CASES: dict[str, tuple[Network, str, tuple[str, str] | None]] = {
    "through": (network(), "delivered", None),
    "to the device's hardware address, which is a bridge's port": (network(node("one"), enslaved()), "delivered", None),
    "the far INPUT drops the port": (
        network(node("one"), node("two", rules=BLOCKED.format("DROP"))), "dropped", ("rule", "two"),
    ),
    "a refusal of the outer packet is not the sender's": (
        network(node("one"), node("two", rules=BLOCKED.format("REJECT"))), "dropped", ("reject", "two"),
    ),
    "the near INPUT drops the answers": (
        network(node("one", rules=BLOCKED.format("DROP")), node("two")), "unanswered", ("rule", "one"),
    ),
    "OUTPUT sees the outer packet": (network(node("one", rules=SENT), node("two")), "dropped", ("rule", "one")),
    "INPUT sees what comes out": (network(node("one"), node("two", rules=INSIDE)), "dropped", ("rule", "two")),
    "another VNI there": (
        network(node("one"), node("two", tunnel=vxlan("two", key=2))), "dropped", ("no-tunnel", "two"),
    ),
    "another port there": (
        network(node("one"), node("two", tunnel=vxlan("two", port=4789))), "dropped", ("no-tunnel", "two"),
    ),
    "to an address that the receiver does not have": (
        network(node("one", remote=STRANGER), node("two")), "dropped", ("tunnel-elsewhere", "one"),
    ),
    "to an address of the sender's own": (
        network(node("one", remote=ADDRESSES["one"]), node("two")), "dropped", ("loop", "one"),
    ),
}  # fmt: skip


@each_row(("net", "verdict", "stop"), CASES.values(), ids=CASES)
def test_ways(net: Network, verdict: str, stop: tuple[str, str] | None) -> None:
    trace = walked(net)
    found = trace.usual.stop
    assert (trace.verdict, (found.reason, found.netns.host) if found is not None else None) == (verdict, stop)


def test_steps_show_both_packets() -> None:
    steps = walked(network()).usual.request
    told = [(each.netns.host, each.link) for each in steps if each.stage == "tunnel"]
    assert told == [("one", "flannel.1"), ("two", "flannel.1")]
    outer = [each.packet for each in steps if each.netns.host == "two" and each.link == "eth0"]
    assert {(each.daddr, each.dport, each.length_bytes) for each in outer} == {(ADDRESSES["two"], 8472, 60 + 50)}


MARKED = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -j MARK --set-xmark 0x1\nCOMMIT\n"
BY_MARK = OPEN.replace("COMMIT", "-A INPUT -i flannel.1 -m mark --mark 0x1 -j DROP\nCOMMIT")
OWNED = OPEN.replace("COMMIT", "-A OUTPUT -p udp -m udp --dport 8472 -m owner --uid-owner 0 -j DROP\nCOMMIT")


def test_the_mark_of_the_outer_packet_stays_on_the_inner() -> None:
    stop = walked(network(node("one"), node("two", rules=MARKED + BY_MARK))).usual.stop
    assert stop is not None
    assert (stop.reason, stop.netns.host, stop.link) == ("rule", "two", "flannel.1")


def test_the_outer_packet_belongs_to_the_socket_of_the_inner() -> None:
    stop = walked(network(node("one", rules=OWNED), node("two"))).usual.stop
    assert stop is not None
    assert (stop.reason, stop.netns.host, stop.link) == ("rule", "one", "eth0")


GRE = Tunnel("gre", key=1, local=ADDRESSES["one"], remote=ADDRESSES["two"], dont_fragment="set", ttl=0)
IPIP = Tunnel("ipip", local=ADDRESSES["one"], remote=ADDRESSES["two"], ttl=9)
INNER = Packet(4, TUNNEL_ADDRESSES["one"], TUNNEL_ADDRESSES["two"], TCP, 40000, 80, ttl=3, length_bytes=1472)
FREE = replace(INNER, dont_fragment=False)
INNER6 = replace(INNER, version=6, saddr=1 << 120 | 1, daddr=1 << 120 | 2)
# tunnel, inner packet; of the outer one protocol, TTL, DF, length; or why there is none, and what the sender is told
OUTER: dict[str, tuple[Tunnel, Packet, tuple[object, ...]]] = {
    "gre": (GRE, INNER, (47, 3, True, 1500)),
    "gre, one byte too much": (GRE, replace(INNER, length_bytes=1473), ("mtu", "icmp-frag-needed")),
    "gre, too much of what may be fragmented": (GRE, replace(FREE, length_bytes=1473), (47, 3, True, 1501)),
    "gre without DF leaves it to the inner packet": (replace(GRE, dont_fragment="unset"), FREE, (47, 3, False, 1500)),
    "gre, IPv6": (GRE, INNER6, (47, 3, True, 1500)),
    "gre, IPv6, one byte too much": (GRE, replace(INNER6, length_bytes=1473), ("mtu", "icmp6-too-big")),
    "gre without DF, IPv6": (replace(GRE, dont_fragment="unset"), INNER6, (47, 3, False, 1500)),
    "ipip with a TTL of its own": (IPIP, INNER, (4, 9, True, 1492)),
    "ipip carries no IPv6": (IPIP, INNER6, ("no-tunnel", None)),
}


@each_row(("tunnel", "inner", "expected"), OUTER.values(), ids=OUTER)
def test_outer_packet(tunnel: Tunnel, inner: Packet, expected: tuple[object, ...]) -> None:
    link = Link(9, "tunnel1", tunnel.kind, tunnel=tunnel)
    made = encapsulated(network(), State("device-out", ONE, inner, oif=link.name), link)
    if isinstance(made, End):
        assert made.stop is not None
        assert (made.stop.reason, made.stop.reject) == expected
    else:
        outer = made.packet
        assert (outer.protocol, outer.ttl, outer.dont_fragment, outer.length_bytes) == expected


OVERLAY = "healthy-swarm-overlay"
ASKED = next(each for each in expected()[OVERLAY].flows if each.to == "10.0.9.12:80" and not each.padding_bytes)


def swarm(*, without: Literal["neighbours", "fdb"] | None = None) -> Network:
    """Return the recorded swarm of two nodes; ``without``: node1's overlay lacks the entries that gossip brings."""
    net = recorded(OVERLAY)
    (netns,) = (each for each, namespace in net.namespaces() if each.host == "node1" and _leads_to_web(namespace))
    namespace = net.namespace(netns)
    if without == "neighbours":
        return net.with_namespace(netns, msgspec.structs.replace(namespace, neighbours=()))
    if without == "fdb":
        return net.with_namespace(netns, msgspec.structs.replace(namespace, fdb=()))
    return net


def _leads_to_web(namespace: Namespace) -> bool:
    return any(each.link == "vxlan0" and each.value == parse_address("10.0.9.12")[1] for each in namespace.neighbours)


def test_swarms_outer_packets_are_the_hosts() -> None:
    trace = walk_flow(swarm(), flow_of(ASKED, swarm()))
    outer = [s.netns for s in trace.usual.request if s.packet.dport == 4789 and s.stage != "tunnel"]
    assert trace.verdict == "delivered"
    assert {each.host for each in outer} == {"node1", "node2"}
    assert all(each.is_host for each in outer)


def test_a_vxlan_that_answers_arp_itself_asks_nobody_else() -> None:
    stop = walk_flow(swarm(without="neighbours"), flow_of(ASKED, swarm())).usual.stop
    assert stop is not None
    assert (stop.reason, stop.netns.name) == ("no-neighbour", "container:web")


def test_a_frame_without_a_forwarding_entry_goes_nowhere() -> None:
    stop = walk_flow(swarm(without="fdb"), flow_of(ASKED, swarm())).usual.stop
    assert stop is not None
    assert (stop.reason, stop.link) == ("no-tunnel-remote", "vxlan0")


def test_one_node_alone_leaves_by_its_overlay() -> None:
    whole = swarm()
    trace = walk_flow(Network((whole.host("node1"),)), flow_of(ASKED, whole))
    assert trace.verdict == "leaves"
    assert trace.usual.request[-1].packet.dport == 4789
