import msgspec
import pytest

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.packet import UDP, Packet
from hairpin.network.network import Network
from hairpin.walk.link.vlan import below, vlan_link
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import Sender, State
from tests.rows import each_row
from tests.small_host import route, ruleset, sibling
from tests.walk.standing import ended

HOST, ONE, OTHER = 0xAC120001, 0xAC120002, 0xAC120003
TEN, UNTAGGED, TAGGED, BOTH = 10, ((10, 10, True),), ((10, 10, False),), ((1, 1, True), (10, 10, False))
LOOPBACK = Link(1, "lo", "loopback", flags=("LOOPBACK",))


def own(address: int, link: str) -> Route:
    return Route(4, address, 32, TABLE_LOCAL, "local", (NextHop(link),))


def container(name: str, index: int, address: int, *, tagged: bool = False) -> Namespace:
    eth0 = Link(2, "eth0", "veth", peer_index=index, peer_netnsid=0)
    above = Link(3, "eth0.10", "vlan", lower="eth0", vlan_id=TEN, peer_index=2)
    link = "eth0.10" if tagged else "eth0"
    return Namespace(
        name,
        links=(LOOPBACK, eth0, *((above,) if tagged else ())),
        addresses=(Address(link, 4, address, 16),),
        routes=(own(address, link), route("172.18.0.0/16", link)),
    )


def net(
    one: BridgePort, other: BridgePort, bridge: BridgeInfo, *, above: bool = False, tagged: bool = False
) -> Network:
    """Return a host whose bridge has two containers; ``above``: its address is on a VLAN link of the bridge;
    ``tagged``: the first container's is on a VLAN link."""
    link = "br0.10" if above else "br0"
    links = (
        LOOPBACK,
        Link(5, "br0", "bridge", bridge=bridge),
        Link(6, "v1", "veth", master="br0", peer_index=2, peer_netnsid=1, port=one),
        Link(7, "v2", "veth", master="br0", peer_index=2, peer_netnsid=2, port=other),
        *((Link(8, "br0.10", "vlan", lower="br0", vlan_id=TEN, peer_index=5),) if above else ()),
    )
    host = Namespace(
        "host",
        links=links,
        addresses=(Address(link, 4, HOST, 16),),
        routes=(own(HOST, link), route("172.18.0.0/16", link)),
        sysctls=Sysctls({}),
    )
    inner = (container("container:one", 6, ONE, tagged=tagged), container("container:other", 7, OTHER))
    return Network((Host("test", namespaces=(host, *inner)),))


def filtering(pvid: int | None, vlans: tuple[tuple[int, int, bool], ...]) -> BridgeInfo:
    return BridgeInfo(vlan_filtering=True, pvid=pvid, vlans=vlans)


def port(pvid: int | None, vlans: tuple[tuple[int, int, bool], ...]) -> BridgePort:
    return BridgePort(pvid=pvid, vlans=vlans)


IN_TEN, IN_ONE, NOWHERE = port(TEN, UNTAGGED), port(1, ((1, 1, True),)), port(None, ())
PLAIN, SELF_TEN, SELF_ONE = BridgeInfo(), filtering(TEN, UNTAGGED), filtering(1, ((1, 1, True),))

# network, namespace and address that a packet starts at, destination, end
CASES: dict[str, tuple[Network, str, int, int, str]] = {
    "not filtered": (net(NOWHERE, NOWHERE, PLAIN), "container:one", ONE, OTHER, "arrived"),
    "the same VLAN": (net(IN_TEN, IN_TEN, SELF_ONE), "container:one", ONE, OTHER, "arrived"),
    "as the kernel makes ports": (
        net(BridgePort(), BridgePort(), BridgeInfo(vlan_filtering=True)), "container:one", ONE, OTHER, "arrived",
    ),
    "another VLAN": (net(IN_TEN, IN_ONE, SELF_ONE), "container:one", ONE, OTHER, "dropped bridge-vlan"),
    "no VLAN for untagged frames": (net(NOWHERE, IN_ONE, SELF_ONE), "container:one", ONE, OTHER, "dropped bridge-vlan"),
    "tagged to who does not know it": (
        net(IN_TEN, port(None, TAGGED), SELF_ONE), "container:one", ONE, OTHER, "dropped bridge-vlan",
    ),
    "tagged to who knows it": (
        net(port(None, TAGGED), IN_TEN, SELF_ONE, tagged=True), "container:other", OTHER, ONE, "arrived",
    ),
    "tagged from who knows it": (
        net(port(None, TAGGED), IN_TEN, SELF_ONE, tagged=True), "container:one", ONE, OTHER, "arrived",
    ),
    "tagged from who should not": (net(IN_ONE, IN_TEN, SELF_ONE, tagged=True), "container:one", ONE, OTHER,
                                   "dropped bridge-vlan"),
    "up to the host": (net(IN_TEN, IN_TEN, SELF_TEN), "container:one", ONE, HOST, "arrived"),
    "up to a host in another VLAN": (net(IN_TEN, IN_TEN, SELF_ONE), "container:one", ONE, HOST, "dropped bridge-vlan"),
    "up to the host's VLAN link": (
        net(IN_TEN, IN_TEN, filtering(1, BOTH), above=True), "container:one", ONE, HOST, "arrived",
    ),
    "up to a VLAN link that the host lacks": (
        net(IN_TEN, IN_TEN, filtering(1, BOTH)), "container:one", ONE, HOST, "dropped bridge-vlan",
    ),
    "down from the host": (net(IN_TEN, IN_ONE, SELF_TEN), "host", HOST, ONE, "arrived"),
    "down from the host, another VLAN": (net(IN_TEN, IN_ONE, SELF_TEN), "host", HOST, OTHER, "dropped bridge-vlan"),
    "down from the host's VLAN link": (
        net(IN_TEN, IN_ONE, filtering(1, BOTH), above=True), "host", HOST, ONE, "arrived",
    ),
    "down from a VLAN link whose VLAN the bridge is not in": (
        net(IN_TEN, IN_ONE, SELF_ONE, above=True), "host", HOST, ONE, "dropped bridge-vlan",
    ),
}  # fmt: skip


@each_row(("network", "netns", "saddr", "daddr", "expected"), CASES.values(), ids=CASES)
def test_vlans_of_a_bridge(network: Network, netns: str, saddr: int, daddr: int, expected: str) -> None:
    packet = Packet(4, saddr, daddr, UDP, sport=40000, dport=53)
    (end,) = walk_packet(network, State("output-route", sibling(netns), packet, sender=Sender(uid=0)))
    assert ended(end) == expected


SHOWN = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i {} -j DROP\nCOMMIT\n"
CROSSING = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\nCOMMIT\n"
ABOVE = net(IN_TEN, IN_TEN, filtering(1, BOTH), above=True)
FROM_TRUNK = net(port(None, TAGGED), IN_TEN, SELF_ONE, tagged=True)

# network, rules, whether br_netfilter is on, destination of a container's packet, end
RULED: dict[str, tuple[Network, str, bool, int, str]] = {
    "goes up tagged": (ABOVE, SHOWN.format("br0.10"), False, HOST, "dropped rule"),
    "goes up tagged, shown before it was": (ABOVE, SHOWN.format("br0.10"), True, HOST, "arrived"),
    "goes up tagged, seen before it was": (ABOVE, SHOWN.format("br0"), True, HOST, "dropped rule"),
    "crosses untagged": (net(IN_TEN, IN_TEN, SELF_ONE), CROSSING, True, OTHER, "dropped rule"),
    "came tagged and leaves untagged": (FROM_TRUNK, CROSSING, True, OTHER, "arrived"),
}


@pytest.mark.parametrize(("network", "rules", "shows", "daddr", "expected"), RULED.values(), ids=RULED)
def test_rules_see_tagged_frames(network: Network, rules: str, *, shows: bool, daddr: int, expected: str) -> None:
    host, *inner = network.this.namespaces
    sysctls = Sysctls({("net", "bridge", "bridge-nf-call-iptables"): "1" if shows else "0"})
    ruled = msgspec.structs.replace(host, ruleset=ruleset(rules), sysctls=sysctls)
    packet = Packet(4, ONE, daddr, UDP, sport=40000, dport=53)
    whole = Network((msgspec.structs.replace(network.this, namespaces=(ruled, *inner)),))
    (end,) = walk_packet(whole, State("output-route", sibling("container:one"), packet, sender=Sender(uid=0)))
    assert ended(end) == expected


def test_links_of_vlans() -> None:
    inner = container("container:one", 6, ONE, tagged=True)
    eth0, above = inner.links[1:]
    assert vlan_link(inner, eth0, TEN) == above
    assert vlan_link(inner, eth0, 11) is None
    assert below(inner, above) == eth0
    assert below(inner, eth0) is None
    assert below(inner, msgspec.structs.replace(above, lower="eth9")) is None
