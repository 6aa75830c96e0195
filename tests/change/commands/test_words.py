"""The words for ip(8) and bridge(8)."""

import msgspec
import pytest

from hairpin.change.commands.words import (
    deleting_route,
    fdb_words,
    is_made_by_hand,
    is_static,
    link_commands,
    neighbour_words,
    new_address_words,
    new_bridge_commands,
    new_neighbour_words,
    policy_rule_words,
    route_words,
    selecting_route,
    six,
)
from hairpin.errors import ChangeError
from hairpin.host.link import Address, BridgePort, Link, Tunnel
from hairpin.host.route import FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.traffic_control import Filter, Qdisc
from tests.rows import each_row

GATEWAY = 0xC6336401
PORT = Link(5, "veth1", "veth", master="docker0", port=BridgePort())
replace = msgspec.structs.replace

ROUTES: dict[str, tuple[Route, str]] = {
    "default": (Route(4, 0, 0, next_hops=(NextHop("eth0", GATEWAY),)), "default via 198.51.100.1 dev eth0"),
    "with all attributes": (
        Route(4, 0x0A000000, 8, 77, next_hops=(NextHop("eth0", GATEWAY, onlink=True),), metric=5, prefsrc=7, tos=16,
              scope="link", mtu_bytes=1400),
        "10.0.0.0/8 via 198.51.100.1 dev eth0 onlink table 77 metric 5 tos 0x10 src 0.0.0.7 scope link mtu 1400",
    ),
    "no next hop": (Route(4, 0x0A000000, 8, type="blackhole"), "blackhole 10.0.0.0/8"),
    "local in its table": (Route(4, 7, 32, 255, "local", (NextHop("lo"),), scope="host"), "local 0.0.0.7/32 dev lo"),
    "unicast in the local table": (Route(4, 7, 32, 255, next_hops=(NextHop("lo"),)), "0.0.0.7/32 dev lo table 255"),
    "IPv6 gateway": (Route(4, 0, 0, next_hops=(NextHop("eth0", 1 << 127, 6),)), "default via inet6 8000:: dev eth0"),
    "several next hops": (
        Route(4, 0, 0, next_hops=(NextHop("a", GATEWAY), NextHop("b", weight=2))),
        "default nexthop via 198.51.100.1 dev a weight 1 nexthop dev b weight 2",
    ),
}  # fmt: skip


@each_row(("route", "expected"), ROUTES.values(), ids=ROUTES)
def test_a_route(route: Route, expected: str) -> None:
    assert " ".join(route_words(route)) == expected


def test_a_route_is_found_without_its_preferred_source() -> None:
    assert selecting_route(Route(4, 0, 0, next_hops=(NextHop("eth0"),), prefsrc=7)) == ("default", "dev", "eth0")
    by_object = Route(4, 0, 0, type="blackhole", nexthop_id=10, metric=5)
    assert selecting_route(by_object) == ("default", "nhid", "10", "metric", "5")
    assert (six(6), six(4)) == (("-6",), ())


CONNECTED = Route(4, 0x0A0E0000, 16, next_hops=(NextHop("eth0"),), protocol="kernel")
BLACKHOLE = Route(4, 0x0A0F0000, 16, type="blackhole")
DELETED: dict[str, tuple[Route, tuple[Route, ...], str]] = {
    "alone": (CONNECTED, (), "del 10.14.0.0/16 dev eth0"),
    "before one with a metric": (
        CONNECTED, (replace(CONNECTED, metric=10, protocol=""),), "del 10.14.0.0/16 dev eth0 proto kernel"
    ),
    "before one by a gateway": (
        CONNECTED,
        (replace(CONNECTED, metric=10, protocol="", next_hops=(NextHop("eth0", GATEWAY),)),),
        "del 10.14.0.0/16 dev eth0 proto kernel",
    ),
    "somebody's before the kernel's": (
        replace(CONNECTED, protocol=""), (replace(CONNECTED, metric=10),), "del 10.14.0.0/16 dev eth0 proto boot"
    ),
    "of one protocol": (
        CONNECTED,
        (replace(CONNECTED, metric=10),),
        "flush exact 10.14.0.0/16 dev eth0 table 254 tos 0x0 metric 0",
    ),
    "without next hop": (
        BLACKHOLE,
        (replace(BLACKHOLE, metric=10),),
        "flush type blackhole exact 10.15.0.0/16 table 254 tos 0x0 metric 0",
    ),
    "its metric tells it": (replace(CONNECTED, metric=5), (replace(CONNECTED, metric=10),),
                            "del 10.14.0.0/16 dev eth0 metric 5"),
    "another link": (
        CONNECTED, (replace(CONNECTED, metric=10, next_hops=(NextHop("eth1"),)),), "del 10.14.0.0/16 dev eth0"
    ),
    "another gateway": (
        replace(CONNECTED, next_hops=(NextHop("eth0", GATEWAY),)),
        (replace(CONNECTED, metric=10, next_hops=(NextHop("eth0", GATEWAY + 1),)),),
        "del 10.14.0.0/16 via 198.51.100.1 dev eth0",
    ),
    "another table": (CONNECTED, (replace(CONNECTED, metric=10, table=77),), "del 10.14.0.0/16 dev eth0"),
}  # fmt: skip


@each_row(("route", "others", "expected"), DELETED.values(), ids=DELETED)
def test_a_route_is_deleted_by_words_that_spare_the_others(
    route: Route, others: tuple[Route, ...], expected: str
) -> None:
    assert " ".join(deleting_route(route, (route, *others))) == expected


def test_a_route_that_encapsulates_is_not_made() -> None:
    with pytest.raises(ChangeError):
        route_words(Route(4, 0, 0, next_hops=(NextHop("eth0", encap="mpls"),)))


RULES: dict[str, tuple[PolicyRule, str]] = {
    "table": (PolicyRule(4, 100, table=77), "priority 100 lookup 77"),
    "not": (PolicyRule(4, 1, table=5, iif="a", inverted=True), "not priority 1 iif a lookup 5"),
    "selectors": (
        PolicyRule(4, 9, "blackhole", source=(0x0A000000, 8), destination=(0, 0), oif="b", mark=(1, 255), protocol=6,
                   sports=(7, 7), dports=(80, 90), uids=(0, 5), tos=16),
        (
            "priority 9 from 10.0.0.0/8 to 0.0.0.0/0 oif b fwmark 0x1/0xff tos 0x10 ipproto 6 sport 7 dport 80-90 "
            "uidrange 0-5 blackhole"
        ),
    ),
    "goto": (PolicyRule(4, 9, "goto", goto=20), "priority 9 goto 20"),
    "VRF": (PolicyRule(4, 1000, l3mdev=True), "priority 1000 l3mdev"),
    "suppress": (
        PolicyRule(4, 9, table=254, suppress_prefix_length=0), "priority 9 lookup main suppress_prefixlength 0",
    ),
}  # fmt: skip


@each_row(("rule", "expected"), RULES.values(), ids=RULES)
def test_a_policy_rule(rule: PolicyRule, expected: str) -> None:
    assert " ".join(policy_rule_words(rule)) == expected


def test_a_policy_rule_with_unknown_selectors_is_not_made() -> None:
    with pytest.raises(ChangeError):
        policy_rule_words(PolicyRule(4, 9, table=5, unknown_selectors=("tun_id",)))


def test_addresses_neighbours_and_forwarding_entries() -> None:
    assert " ".join(new_address_words(Address("a", 4, 7, 24, broadcast=255))) == "0.0.0.7/24 dev a broadcast 0.0.0.255"
    assert " ".join(new_address_words(Address("a", 4, 7, 32, peer=8))) == "0.0.0.7 peer 0.0.0.8/32 dev a"
    flagged = Address("a", 6, 7, 64, nodad=True, noprefixroute=True)
    assert " ".join(new_address_words(flagged)) == "::7/64 dev a nodad noprefixroute"
    entry = Neighbour("a", 4, 7, 9, "PERMANENT")
    assert " ".join(new_neighbour_words(entry)) == "0.0.0.7 dev a lladdr 00:00:00:00:00:09 nud permanent"
    assert " ".join(neighbour_words(replace(entry, proxy=True))) == "proxy 0.0.0.7 dev a"
    assert " ".join(fdb_words(FdbEntry("br", "p", 9, vlan=3))) == "00:00:00:00:00:09 dev p vlan 3 master"
    assert " ".join(fdb_words(FdbEntry(None, "vx", 9, remote=7))) == "00:00:00:00:00:09 dev vx dst 0.0.0.7 self"
    bound = FdbEntry(None, "vx", 9, remote=7, via="eth1")
    assert " ".join(fdb_words(bound)) == "00:00:00:00:00:09 dev vx dst 0.0.0.7 via eth1 self"


LINKS: dict[str, tuple[Link, list[str]]] = {
    "down": (replace(PORT, up=False), ["ip link set veth1 down"]),
    "removed from its bridge": (replace(PORT, master=None, port=None), ["ip link set veth1 nomaster"]),
    "flags": (
        replace(PORT, port=BridgePort(hairpin=True, isolated=True)),
        ["bridge link set dev veth1 hairpin on", "bridge link set dev veth1 isolated on"],
    ),
    "state": (replace(PORT, port=BridgePort(state="blocking")), ["bridge link set dev veth1 state 4"]),
    "MTU": (replace(PORT, mtu_bytes=1400), ["ip link set dev veth1 mtu 1400"]),
    "carrier, which no command sets": (replace(PORT, carrier=False), []),
}


@each_row(("after", "expected"), LINKS.values(), ids=LINKS)
def test_a_link(after: Link, expected: list[str]) -> None:
    assert [" ".join(each) for each in link_commands(PORT, after)] == expected


def test_the_kernel_sets_the_state_of_a_port_that_comes_up() -> None:
    """``bridge link set … state`` says "Network is down" before, measured on 6.18."""
    down = replace(PORT, up=False, carrier=False, port=BridgePort(state="disabled"))
    assert [" ".join(each) for each in link_commands(down, PORT)] == ["ip link set veth1 up"]
    assert [" ".join(each) for each in link_commands(PORT, down)] == ["ip link set veth1 down"]


def test_a_bridge_is_made_and_set_up() -> None:
    made = [" ".join(each) for each in new_bridge_commands(Link(9, "docker0", "bridge", mtu_bytes=1400))]
    assert made == [
        "ip link add name docker0 type bridge",
        "ip link set dev docker0 mtu 1400",
        "ip link set docker0 up",
    ]


def test_a_bridge_gets_the_hardware_address_that_is_wanted() -> None:
    made = next(iter(new_bridge_commands(Link(9, "docker0", "bridge", mac=0x0242AC110001))))
    assert " ".join(made) == "ip link add name docker0 address 02:42:ac:11:00:01 type bridge"


def test_a_tunnel_device_gets_another_remote_or_local_address() -> None:
    device = Link(7, "vx", "vxlan", tunnel=Tunnel("vxlan", key=1, port=4789, remote=7))
    moved = replace(device, tunnel=Tunnel("vxlan", key=1, port=4789, remote=8))
    assert [" ".join(each) for each in link_commands(device, moved)] == ["ip link set vx type vxlan remote 0.0.0.8"]
    sends = replace(device, tunnel=Tunnel("vxlan", key=1, port=4789, local=9, remote=7))
    assert [" ".join(each) for each in link_commands(device, sends)] == ["ip link set vx type vxlan local 0.0.0.9"]
    other = replace(device, tunnel=Tunnel("vxlan", key=2, port=4789, remote=7))
    assert list(link_commands(device, other)) == []  # the kernel changes no VNI


def test_traffic_control_is_deleted_and_added_again() -> None:
    root, child = Qdisc("tbf", "1:", words=("rate", "1mbit")), Qdisc("pfifo", "2:", "1:1", limit=0)
    drop = Filter("ingress", "u32", 5, "ip", "800::800", action="drop", words=("match", "u32", "0", "0", "at", "0"))
    every = Filter("root", "matchall", 6, handle="1", words=("action", "drop"))
    plain = Link(7, "eth0")
    taken = replace(plain, qdiscs=(root, child), filters=(drop, every))
    assert [" ".join(each) for each in link_commands(taken, plain)] == [
        "tc qdisc del dev eth0 root",
        "tc filter del dev eth0 ingress protocol ip pref 5 handle 800::800 u32",
        "tc filter del dev eth0 protocol all pref 6 matchall",
    ]
    alone = replace(plain, qdiscs=(root,))
    both = replace(plain, qdiscs=(root, child))
    assert [" ".join(each) for each in link_commands(both, alone)] == ["tc qdisc del dev eth0 parent 1:1"]
    assert [" ".join(each) for each in link_commands(plain, replace(plain, qdiscs=(root,), filters=(drop,)))] == [
        "tc qdisc add dev eth0 root tbf rate 1mbit",
        "tc filter add dev eth0 ingress protocol ip pref 5 u32 match u32 0 0 at 0",
    ]


def test_entries_made_by_hand_and_by_the_kernel() -> None:
    assert is_made_by_hand(Neighbour("a", 4, 7, 9, "PERMANENT"))
    assert not is_made_by_hand(Neighbour("a", 4, 7, 9, "STALE"))
    assert is_static(FdbEntry("br", "p", 9, state="static"))
    assert not is_static(FdbEntry("br", "p", 9, state="permanent", local=True))
    assert not is_static(FdbEntry(None, "p", 0x333300000001, state="permanent"))
