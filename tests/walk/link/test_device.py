import msgspec
import pytest

from hairpin.door import CLOSED
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.netfilter.ir import Chain, Ruleset, Table, Verdict
from hairpin.netfilter.packet import TCP, Packet
from hairpin.network.network import Network, Port
from hairpin.walk.link.device import device_in, device_out, out_of_port, wire
from hairpin.walk.state import State
from tests.netfilter.seen import rule
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, host_namespace, network, sibling
from tests.walk.standing import INNER, at, changed, ended, told


def with_links(*links: Link) -> Network:
    host = host_namespace()
    return network(msgspec.structs.replace(host, links=(*host.links, *links)))


NET = network()

# network, link, outcomes
IN: dict[str, tuple[Network, str, list[str]]] = {
    "a nic": (NET, "eth0", ["prerouting"]),
    "a bridge port": (NET, "veth1", ["bridge"]),
    "no such link": (NET, "eth9", ["dropped link-missing"]),
    "down": (changed("eth0", up=False), "eth0", ["dropped link-down"]),
    "no carrier": (changed("eth0", carrier=False), "eth0", ["dropped no-carrier"]),
    "an XDP program": (changed("eth0", xdp=True), "eth0", ["unknown opaque-device", "prerouting"]),
    "a tc filter": (changed("eth0", tc_ingress=True), "eth0", ["unknown opaque-device", "prerouting"]),
    "a tc filter on the way out only": (changed("eth0", tc_egress=True), "eth0", ["prerouting"]),
}


@each_row(("net", "link", "expected"), IN.values(), ids=IN)
def test_device_in(net: Network, link: str, expected: list[str]) -> None:
    assert told(device_in(net, at("device-in", iif=link))) == expected


def test_a_program_is_a_condition_of_both_branches() -> None:
    taken, passed = device_in(changed("eth0", xdp=True), at("device-in"))
    assert isinstance(passed, State)
    assert not isinstance(taken, State)
    assert [each.holds for each in taken.state.history.conditions] == [False]
    assert [(each.holds, each.usual) for each in passed.history.conditions] == [(True, True)]


def came_by(net: Network, link: str) -> State:
    (outcome,) = device_in(net, at("device-in", iif=link))
    assert isinstance(outcome, State)
    return outcome


def test_rules_see_the_link_above() -> None:
    bond = with_links(Link(8, "bond0", "bond"), Link(9, "eth9", master="bond0"))
    assert came_by(bond, "eth9").iif == "bond0"
    vrf = with_links(Link(8, "red", "vrf", vrf_table=9), Link(9, "eth9", master="red"))
    assert came_by(vrf, "eth9").iif == "eth9"  # its VRF comes behind PREROUTING
    assert (came_by(NET, "veth1").iif, came_by(NET, "veth1").frame.physin) == ("docker0", "veth1")
    assert (came_by(NET, "eth0").iif, came_by(NET, "eth0").frame.physin) == ("eth0", "")


def test_out_by_the_uplink_it_leaves() -> None:
    assert told(device_out(NET, at("device-out", oif="eth0"))) == ["left eth0"]


def test_a_packet_by_the_bridge_reaches_the_container() -> None:
    state = at("device-out", oif="docker0").with_frame(target=INNER)
    (outcome,) = device_out(NET, state)
    assert isinstance(outcome, State)
    assert (outcome.stage, outcome.netns, outcome.iif) == ("device-in", sibling("container:web"), "eth0")


def test_no_port_leads_to_the_receiver() -> None:
    state = at("device-out", oif="docker0").with_frame(target=Port(sibling("container:web"), "eth9"))
    assert told(device_out(NET, state)) == ["dropped no-neighbour"]


def test_a_forwarded_frame_keeps_no_hardware_address() -> None:
    """The header is written anew, although nothing tells what a bridge that is made again will have for its own."""
    came = at("device-out", oif="docker0").with_frame(target=INNER)
    came = msgspec.structs.replace(came, packet=msgspec.structs.replace(came.packet, smac=1, dmac=2))
    (outcome,) = device_out(NET, came)
    assert isinstance(outcome, State)
    assert (outcome.packet.smac, outcome.packet.dmac) == (None, None)
    known = changed("docker0", mac=7)
    (outcome,) = device_out(known, came)
    assert isinstance(outcome, State)
    assert (outcome.packet.smac, outcome.packet.dmac) == (7, None)


def test_a_tc_filter_at_egress() -> None:
    assert told(device_out(changed("eth0", tc_egress=True), at("device-out", oif="eth0"))) == [
        "unknown opaque-device",
        "left eth0",
    ]


def test_a_tc_filter_at_egress_comes_after_netfilters_chains() -> None:
    chain = Chain("c", (rule(Verdict("drop")),), "egress", "filter", 0, "accept", ("eth0",))
    host = msgspec.structs.replace(host_namespace(), ruleset=Ruleset((Table("netdev", "n", "nft", (chain,)),)))
    link = msgspec.structs.replace(next(each for each in host.links if each.name == "eth0"), tc_egress=True)
    others = (each for each in host.links if each.name != "eth0")
    filtered = network(msgspec.structs.replace(host, links=(link, *others)))
    assert told(device_out(filtered, at("device-out", oif="eth0"))) == ["dropped rule"]


def test_egress_programs_see_the_packets_that_a_link_without_carrier_drops() -> None:
    net = changed("eth0", tc_egress=True, carrier=False)
    assert told(device_out(net, at("device-out", oif="eth0"))) == ["unknown opaque-device", "dropped no-carrier"]


STATES = {"forwarding": "device-in", "disabled": "dropped bridge-port-state", "blocking": "dropped bridge-port-state"}


@pytest.mark.parametrize(("state", "expected"), STATES.items(), ids=STATES)
def test_out_of_port(state: str, expected: str) -> None:
    net = changed("veth1", port=BridgePort(state=state))
    port = net.namespace(HOST_NETNS).link("veth1")
    assert port is not None
    assert told(out_of_port(net, at("bridge"), port)) == [expected]


def wired(net: Network, namespace: Namespace, link: str, state: State) -> str:
    found = namespace.link(link)
    assert found is not None
    return told(wire(net, state, found))[0]


def test_wires() -> None:
    host = NET.namespace(HOST_NETNS)
    assert wired(NET, host, "lo", at("device-out", oif="lo")) == "device-in"
    assert wired(NET, host, "eth0", at("device-out", oif="eth0")) == "left eth0"
    assert wired(NET, host, "veth1", at("device-out", oif="veth1")) == "device-in"
    dummy = with_links(Link(9, "d0", "dummy"))
    assert wired(dummy, dummy.namespace(HOST_NETNS), "d0", at("device-out", oif="d0")) == "dropped link-missing"


def test_a_frame_in_a_loop_ends() -> None:
    tired = msgspec.structs.replace(at("device-out", oif="lo"), hops=CLOSED.limits.hops + 1)
    assert wired(NET, NET.namespace(HOST_NETNS), "lo", tired) == "looped loop"


ONE, TWO, SHARED = 0xC0000232, 0xC0000233, 0x20000000009


def ipvlans(flag: str, mode: str = "l2") -> Network:
    """Return the host and two containers whose ipvlans stand on its eth0."""
    whole = changed("eth0", mac=SHARED)
    uplink = whole.namespace(HOST_NETNS).link("eth0")
    assert uplink is not None
    link = Link(40, "eth0", "ipvlan", mac=SHARED, peer_index=uplink.index, peer_netnsid=0, macvlan_mode=mode,
                ipvlan_flag=flag)  # fmt: skip
    inner = tuple(
        Namespace(f"container:{name}", links=(link,), addresses=(Address("eth0", 4, value, 24),))
        for name, value in (("one", ONE), ("two", TWO))
    )
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(*whole.this.namespaces, *inner)))


# flag, the frame's destination, the packet's, where it comes in or what became of it
BY_IPVLAN: dict[str, tuple[str, int, int, str]] = {
    "to another one": ("bridge", SHARED, TWO, "container:two"),
    "to another one, private": ("private", SHARED, TWO, "dropped no-neighbour"),
    "to another one by a switch": ("vepa", SHARED, TWO, "left eth0"),
    "to the host": ("bridge", SHARED, HOST_ADDRESS, "host"),
    "to the host, private": ("private", SHARED, HOST_ADDRESS, "host"),
    "to the host by a switch": ("vepa", SHARED, HOST_ADDRESS, "left eth0"),
    "out": ("bridge", 9, CLIENT, "left eth0"),
    "out to another hardware address": ("bridge", 9, TWO, "left eth0"),
}


@each_row(("flag", "dmac", "daddr", "expected"), BY_IPVLAN.values(), ids=BY_IPVLAN)
def test_out_by_an_ipvlan(flag: str, dmac: int, daddr: int, expected: str) -> None:
    net = ipvlans(flag)
    link = net.namespace(sibling("container:one")).link("eth0")
    assert link is not None
    packet = Packet(4, ONE, daddr, TCP, dmac=dmac)
    (outcome,) = wire(net, at("device-out", packet, oif="eth0", netns=sibling("container:one")), link)
    assert expected == (outcome.netns.name if isinstance(outcome, State) else ended(outcome))


# flag, the packet's destination, where it goes on
ROUTED: dict[str, tuple[str, int, str]] = {
    "to another one": ("bridge", TWO, "container:two device-in"),
    "to another one, private": ("private", TWO, "dropped no-neighbour"),
    "to another one by a switch": ("vepa", TWO, "host output-route"),
    "out": ("bridge", CLIENT, "host output-route"),
    "to the host": ("private", HOST_ADDRESS, "host output-route"),
}


@each_row(("flag", "daddr", "expected"), ROUTED.values(), ids=ROUTED)
def test_out_by_an_ipvlan_in_mode_l3(flag: str, daddr: int, expected: str) -> None:
    net = ipvlans(flag, "l3")
    link = net.namespace(sibling("container:one")).link("eth0")
    assert link is not None
    packet = Packet(4, ONE, daddr, TCP, dmac=9, mark=7)
    (outcome,) = wire(net, at("device-out", packet, oif="eth0", netns=sibling("container:one")), link)
    assert expected == (f"{outcome.netns} {outcome.stage}" if isinstance(outcome, State) else ended(outcome))
    if isinstance(outcome, State):
        assert (outcome.packet.mark, outcome.packet.dmac) == (0, None if outcome.netns == HOST_NETNS else 9)
        assert outcome.oif == ("eth0" if outcome.netns == HOST_NETNS else "")


@pytest.mark.parametrize(("daddr", "expected"), ((TWO, "container:two"), (HOST_ADDRESS, "host")))
def test_in_by_an_ipvlan(daddr: int, expected: str) -> None:
    packet = Packet(4, CLIENT, daddr, TCP, dmac=SHARED)
    (outcome,) = device_in(ipvlans("bridge"), at("device-in", packet))
    assert isinstance(outcome, State)
    assert outcome.netns.name == expected


def macvlans(**below: bool) -> Network:
    """Return the host and two containers whose macvlans stand on its eth0."""
    whole = changed("eth0", **below)
    uplink = whole.namespace(HOST_NETNS).link("eth0")
    assert uplink is not None
    inner = tuple(
        Namespace(f"container:{name}", links=(Link(40, "eth0", "macvlan", mac=mac, up=True, carrier=True,
                                                   peer_index=uplink.index, peer_netnsid=0),))
        for name, mac in (("one", 0x20000000001), ("two", 0x20000000002))
    )  # fmt: skip
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(*whole.this.namespaces, *inner)))


# the frame's destination, what the link below carries, outcomes
BY_MACVLAN: dict[str, tuple[int, dict[str, bool], list[str]]] = {
    "out": (9, {}, ["left eth0"]),
    "out past what is hooked to the link below": (9, {"tc_egress": True}, ["unknown opaque-device", "left eth0"]),
    "out past what is hooked to its way in": (9, {"tc_ingress": True}, ["left eth0"]),
    "to another one": (0x20000000002, {"tc_egress": True}, ["device-in"]),
    "to another one, in by the link below": (
        0x20000000002, {"tc_ingress": True}, ["unknown opaque-device", "device-in"],
    ),
}  # fmt: skip


@each_row(("dmac", "below", "expected"), BY_MACVLAN.values(), ids=BY_MACVLAN)
def test_out_by_a_macvlan(dmac: int, below: dict[str, bool], expected: list[str]) -> None:
    net = macvlans(**below)
    link = net.namespace(sibling("container:one")).link("eth0")
    assert link is not None
    state = at("device-out", oif="eth0", netns=sibling("container:one"))
    framed = msgspec.structs.replace(state, packet=msgspec.structs.replace(state.packet, dmac=dmac))
    assert told(wire(net, framed, link)) == expected
