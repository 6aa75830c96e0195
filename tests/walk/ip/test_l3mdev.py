import msgspec
import pytest

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_LOCAL, NextHop, PolicyRule, Route
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.ir import CT_UNTRACKED
from hairpin.netfilter.packet import TCP, UDP, Packet
from hairpin.network.network import Network, Port
from hairpin.network.prefix import BROADCAST4
from hairpin.walk.ip.l3mdev import delivered_above, input_route_above, into_vrf, shown_by_vrf
from hairpin.walk.ip.refusal import refusal
from hairpin.walk.link.device import device_in
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import End, Sender, State, stopped
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, lo, ruleset, sibling
from tests.walk.standing import at, changed, ended, told

INNER, OUTER, HERE = 0x0A090102, 0xCB007105, 0x0A090101
RED = 50
TO_OUTSIDE = Packet(4, INNER, OUTER, UDP, sport=40000, dport=53)
TO_INSIDE = Packet(4, HERE, INNER, UDP, sport=40000, dport=53)
MAIN = PolicyRule(4, 32766, table=254)
RULES = (PolicyRule(4, 0, table=TABLE_LOCAL), PolicyRule(4, 1000, l3mdev=True), MAIN)


def net(
    rules: str = "", *, way_out: bool = True, rp_filter: str = "0", forwards: str = "r1", policy: PolicyRule = MAIN
) -> Network:
    """Return a host whose link to a container is in a VRF; ``way_out``: the VRF's table leads to the uplink."""
    routes = (
        Route(4, HERE, 32, RED, "local", (NextHop("r1"),)),
        Route(4, 0x0A090100, 24, RED, "unicast", (NextHop("r1"),)),
        *((Route(4, 0, 0, RED, "unicast", (NextHop("eth0"),)),) if way_out else ()),
    )
    conf = ("net", "ipv4", "conf")
    values: dict[tuple[str, ...], str] = {(*conf, forwards, "forwarding"): "1", (*conf, "r1", "rp_filter"): rp_filter}
    host = Namespace(
        "host",
        links=(lo(), Link(2, "eth0"), Link(3, "red", "vrf", vrf_table=RED), Link(4, "r1", "veth", master="red",
                                                                                peer_index=2, peer_netnsid=0)),
        addresses=(Address("r1", 4, HERE, 24),),
        routes=routes,
        rules=(*RULES, policy),
        ruleset=ruleset(rules),
        sysctls=Sysctls(values),
    )  # fmt: skip
    inner = Namespace("container:one", links=(lo(), Link(2, "eth0", "veth", peer_index=4, peer_netnsid=0)),
                      addresses=(Address("eth0", 4, INNER, 24),), routes=(
                          Route(4, INNER, 32, TABLE_LOCAL, "local", (NextHop("eth0"),)),))  # fmt: skip
    return Network((Host("test", namespaces=(host, inner)),))


def drop(chain: str, *words: str, table: str = "raw") -> str:
    """Return a ruleset that drops what the words match."""
    return f"*{table}\n:{chain} ACCEPT [0:0]\n-A {chain} {' '.join(words)} -j DROP\nCOMMIT\n"


# network, end of what comes in by the VRF's link
IN: dict[str, tuple[Network, str]] = {
    "routed by the VRF's table": (net(), "left eth0"),
    "no way in the VRF's table": (net(way_out=False), "rejected no-route icmp-net-unreachable"),
    "PREROUTING sees the link": (net(drop("PREROUTING", "-i r1")), "dropped rule"),
    "PREROUTING sees the VRF": (net(drop("PREROUTING", "-i red")), "dropped rule"),
    "FORWARD sees the VRF": (net(drop("FORWARD", "-i red -o eth0", table="filter")), "dropped rule"),
    "FORWARD does not see the link": (net(drop("FORWARD", "-i r1", table="filter")), "left eth0"),
    "believed: the way back is by that link": (net(rp_filter="1"), "left eth0"),
    "what the VRF forwards does not matter": (net(forwards="red"), "dropped forwarding-off"),
    "a policy rule sees the link": (net(policy=PolicyRule(4, 500, iif="r1", action="blackhole")), "dropped route-type"),
    "and the VRF": (net(policy=PolicyRule(4, 500, iif="red", action="blackhole")), "dropped route-type"),
    "not as the way out": (net(policy=PolicyRule(4, 500, oif="red", action="blackhole")), "left eth0"),
}


@each_row(("network", "expected"), IN.values(), ids=IN)
def test_in_by_a_vrf(network: Network, expected: str) -> None:
    (end,) = walk_packet(network, State("device-in", HOST_NETNS, TO_OUTSIDE, iif="r1"))
    assert ended(end) == expected


def test_not_by_a_vrf() -> None:
    state = State("prerouting", HOST_NETNS, TO_OUTSIDE, iif="eth0")
    assert list(into_vrf(net(), state)) == [state]
    many = msgspec.structs.replace(state, iif="r1", packet=msgspec.structs.replace(TO_OUTSIDE, daddr=0xE0000001))
    (moved,) = into_vrf(net(drop("PREROUTING", "-i red")), many)
    assert isinstance(moved, State)
    assert moved.iif == "red"


# rules, end of what this host sends out by the VRF's link
OUT: dict[str, tuple[str, str]] = {
    "arrives": ("", "arrived"),
    "OUTPUT sees the VRF": (drop("OUTPUT", "-o red"), "dropped rule"),
    "OUTPUT sees the link": (drop("OUTPUT", "-o r1"), "dropped rule"),
    "untracked by the VRF": (drop("OUTPUT", "-o red -m conntrack --ctstate UNTRACKED", table="filter"), "dropped rule"),
    "tracked by the link": (drop("OUTPUT", "-o r1 -m conntrack --ctstate NEW", table="filter"), "dropped rule"),
    "POSTROUTING sees the VRF": (drop("POSTROUTING", "-o red", table="mangle"), "dropped rule"),
    "not translated by the VRF": (
        "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o red -j SNAT --to-source 10.9.1.9\nCOMMIT\n", "arrived",
    ),
}  # fmt: skip


@each_row(("rules", "expected"), OUT.values(), ids=OUT)
def test_out_by_a_vrf(rules: str, expected: str) -> None:
    (end,) = walk_packet(net(rules), State("output-route", HOST_NETNS, TO_INSIDE, oif="red", sender=Sender(uid=0)))
    assert ended(end) == expected
    assert end.state.packet.saddr == HERE


def test_a_raw_sockets_packet_does_not_pass_the_vrf() -> None:
    start = State("output-route", HOST_NETNS, TO_INSIDE, oif="red", sender=Sender(uid=0, header_included=True))
    (end,) = walk_packet(net(drop("OUTPUT", "-o red")), start)
    assert ended(end) == "arrived"


def test_a_limited_broadcast_passes_the_vrf_only_on_its_way_in() -> None:
    to_all = msgspec.structs.replace(TO_OUTSIDE, daddr=BROADCAST4)
    (came,) = into_vrf(net(drop("PREROUTING", "-i red")), State("prerouting", HOST_NETNS, to_all, iif="r1"))
    assert isinstance(came, End)
    assert ended(came) == "dropped rule"
    sent = State("output", HOST_NETNS, to_all, oif="r1")
    assert list(shown_by_vrf(net(), sent, lambda _, changed: iter((changed,)))) == [sent]


def test_a_packet_to_an_own_address_leaves_by_the_vrf() -> None:
    own = msgspec.structs.replace(TO_INSIDE, daddr=HERE)
    (end,) = walk_packet(
        net(drop("INPUT", "! -i red", table="filter")), State("output-route", HOST_NETNS, own, oif="red")
    )
    assert ended(end) == "arrived"
    assert end.state.iif == "red"


def test_a_packet_leaves_a_vrf_unchanged() -> None:
    state = State("output", HOST_NETNS, TO_INSIDE, oif="r1")
    assert list(shown_by_vrf(net(), state, lambda _, changed: iter((changed,)))) == [state]
    assert state.track.ct_state != CT_UNTRACKED


def test_a_reply_is_routed_in_the_vrf() -> None:
    (end,) = walk_packet(net(way_out=False), State("device-in", HOST_NETNS, TO_OUTSIDE, iif="r1"))
    assert isinstance(end, End)
    answer = refusal(net(way_out=False), end)
    assert answer is not None
    assert answer.oif == "red"
    (last,) = walk_packet(net(way_out=False), answer)
    assert ended(last) == "arrived"


@pytest.mark.parametrize(("kernel", "expected"), (("6.12.107", 0x0A080001), ("6.18.4", HERE)))
def test_an_error_comes_from_the_link_of_the_vrf_on_newer_kernels(kernel: str, expected: int) -> None:
    rejects = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j REJECT\nCOMMIT\n"
    namespace = net(rejects).namespace(HOST_NETNS)
    values = {("net", "ipv4", "icmp_errors_use_inbound_ifaddr"): "1", ("net", "ipv4", "conf", "r1", "forwarding"): "1"}
    grown = msgspec.structs.replace(
        namespace,
        kernel=kernel,
        addresses=(*namespace.addresses, Address("red", 4, 0x0A080001, 32)),
        sysctls=Sysctls(values),
    )
    network = Network((Host("test", namespaces=(grown, net().namespace(sibling("container:one")))),))
    (end,) = walk_packet(network, State("device-in", HOST_NETNS, TO_OUTSIDE, iif="r1"))
    answer = refusal(network, end)
    assert answer is not None
    assert answer.packet.saddr == expected


@pytest.mark.parametrize(("kernel", "expected"), (("6.12.107", "left eth0"), ("6.18.4", "dropped route-type")))
def test_policy_rules_name_the_vrf_on_newer_kernels(kernel: str, expected: str) -> None:
    rule = PolicyRule(4, 500, iif="red", action="blackhole")
    namespaces = net(policy=rule).this.namespaces
    host = msgspec.structs.replace(namespaces[0], kernel=kernel)
    network = Network((Host("test", namespaces=(host, *namespaces[1:])),))
    (end,) = walk_packet(network, State("device-in", HOST_NETNS, TO_OUTSIDE, iif="r1"))
    assert ended(end) == expected


OWN, MAC = HOST_ADDRESS + 40, 0x20000000009


def over_ipvlan(mode: str = "l3s") -> Network:
    """Return the host and a container whose ipvlan stands on its eth0."""
    whole = changed("eth0", mac=MAC)
    uplink = whole.namespace(HOST_NETNS).link("eth0")
    assert uplink is not None
    link = Link(40, "eth0", "ipvlan", mac=MAC, peer_index=uplink.index, peer_netnsid=0, macvlan_mode=mode)
    inner = Namespace(
        "container:one",
        links=(lo(), link),
        addresses=(Address("eth0", 4, OWN, 32),),
        routes=(
            Route(4, OWN, 32, TABLE_LOCAL, "local", (NextHop("eth0"),)),
            Route(4, 0, 0, next_hops=(NextHop("eth0"),)),
        ),
    )
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(*whole.this.namespaces, inner)))


PACKET = Packet(4, CLIENT, OWN, TCP, sport=40000, dport=80, dmac=MAC)


@pytest.mark.parametrize(("mode", "netns"), (("l3s", "host"), ("l3", "container:one")))
def test_the_namespace_below_runs_prerouting(mode: str, netns: str) -> None:
    (outcome,) = device_in(over_ipvlan(mode), at("device-in", PACKET))
    assert isinstance(outcome, State)
    assert outcome.netns.name == netns


def test_it_passes_input_below_and_arrives_above() -> None:
    net = over_ipvlan()
    (outcome,) = input_route_above(net, at("input-route", PACKET))
    assert isinstance(outcome, State)
    assert (outcome.stage, outcome.netns, outcome.iif) == ("input", HOST_NETNS, "eth0")
    assert outcome.l3s == Port(sibling("container:one"), "eth0")
    above = delivered_above(outcome)
    assert (above.netns, above.iif) == (sibling("container:one"), "eth0")
    (end,) = walk_packet(net, at("device-in", PACKET))
    assert (end.kind, end.state.netns) == ("arrived", sibling("container:one"))


def test_a_packet_for_another_address_is_routed_below() -> None:
    packet = msgspec.structs.replace(PACKET, daddr=HOST_ADDRESS)
    (outcome,) = input_route_above(over_ipvlan(), at("input-route", packet))
    assert isinstance(outcome, State)
    assert (outcome.stage, outcome.l3s) == ("input", None)
    assert delivered_above(outcome) is outcome


def test_a_packet_with_a_wrong_source_is_routed_below() -> None:
    packet = msgspec.structs.replace(PACKET, saddr=OWN)  # its own address
    net = over_ipvlan()
    below = at("input-route", packet)
    assert told(input_route_above(net, below)) == told(input_route_above(over_ipvlan("l3"), below))


@pytest.mark.parametrize(("above", "source"), ((Port(sibling("container:one"), "eth0"), OWN), (None, None)))
def test_a_packet_that_input_below_rejects_is_answered_from_the_address_above(
    above: Port | None, source: int | None
) -> None:
    shown = msgspec.structs.replace(at("input", PACKET), l3s=above)
    back = refusal(over_ipvlan(), stopped(shown, "reject", reject="icmp-admin-prohibited"))
    assert (back.packet.saddr if back is not None else None) == source
