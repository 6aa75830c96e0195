"""Links and addresses from words say the same as from JSON; busybox says less."""

import msgspec
import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.link import Link, Tunnel
from hairpin.host.read.ip import links_json
from hairpin.host.read.ip.links_text import interfaces, with_holders
from tests.host.fixture_evidence import text_of
from tests.rows import each_row

JSON = links_json.interfaces(text_reading(text_of("iproute2-6.1", "addr.json"), "ip -j -d addr"))
WORDS = interfaces(text_reading(text_of("iproute2-6.1", "addr.txt"), "ip -d addr"))
BUSYBOX = interfaces(text_reading(text_of("iproute2-6.1", "addr.busybox.txt"), "busybox ip addr"))

CENTOS_7 = """\
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP group default qlen 1000
    link/ether 52:54:00:4d:77:d3 brd ff:ff:ff:ff:ff:ff promiscuity 0 addrgenmode eui64 numtxqueues 1 numrxqueues 1
    inet 10.0.2.15/24 brd 10.0.2.255 scope global noprefixroute dynamic eth0
       valid_lft 86019sec preferred_lft 86019sec
3: eth0.5@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 xdpgeneric qdisc noqueue state UP group default qlen 1000
    link/ether 52:54:00:4d:77:d3 brd ff:ff:ff:ff:ff:ff promiscuity 0
    vlan protocol 802.1Q id 5 <REORDER_HDR> addrgenmode eui64 numtxqueues 1 numrxqueues 1
    prog/xdp id 12 tag 3b185187f1855c4c
4: tun0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UNKNOWN group default qlen 100
    link/none  promiscuity 0
    tun
    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0
5: vethab12@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master docker0 state UP group default
    link/ether 8e:5c:01:02:03:04 brd ff:ff:ff:ff:ff:ff link-netnsid unknown promiscuity 1
    veth
    bridge_slave state forwarding priority 32 cost 2 hairpin on guard off root_block off fastleave off learning on
"""


TUNNELS = """\
2: ge0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 02:00:00:00:20:01 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65485
    geneve id 3 remote 10.0.0.1 ttl auto df set dstport 6081 noudpcsum udp6zerocsumrx numtxqueues 1
3: gre0@NONE: <NOARP> mtu 1476 qdisc noop state DOWN group default qlen 1000
    link/gre 0.0.0.0 brd 0.0.0.0 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0
    gre remote any local any ttl inherit nopmtudisc numtxqueues 1 numrxqueues 1
6: gr0@NONE: <POINTOPOINT,NOARP> mtu 1472 qdisc noop state DOWN group default qlen 1000
    link/gre 10.0.0.2 peer 10.0.0.1 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0
    gre remote 10.0.0.1 local 10.0.0.2 ttl inherit ikey 0.0.0.3 okey 0.0.0.3 numtxqueues 1 numrxqueues 1
9: ii0@NONE: <POINTOPOINT,NOARP> mtu 1480 qdisc noop state DOWN group default qlen 1000
    link/ipip 10.0.0.2 peer 10.0.0.1 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0
    ipip any remote 10.0.0.1 local 10.0.0.2 ttl 64 pmtudisc numtxqueues 1 numrxqueues 1
"""
"""``ip -d addr`` of Linux 6.1 and iproute2 6.1."""
NEAR, FAR = 0x0A000002, 0x0A000001
TUNNEL: dict[str, Tunnel] = {
    "ge0": Tunnel("geneve", key=3, port=6081, remote=FAR, dont_fragment="set"),
    "gre0": Tunnel("gre", ttl=0),
    "gr0": Tunnel("gre", key=3, local=NEAR, remote=FAR, dont_fragment="set", ttl=0),
    "ii0": Tunnel("ipip", local=NEAR, remote=FAR, dont_fragment="set", ttl=64),
}


def named(links: tuple[Link, ...], name: str) -> Link:
    (found,) = (item for item in links if item.name == name)
    return found


def test_words_say_what_json_says() -> None:
    assert WORDS == JSON


@pytest.mark.parametrize(("name", "tunnel"), TUNNEL.items(), ids=TUNNEL)
def test_tunnels(name: str, tunnel: Tunnel) -> None:
    assert named(interfaces(text_reading(TUNNELS, "ip -d addr")).links, name).tunnel == tunnel


def test_busybox_says_the_same_addresses_without_some_flags() -> None:
    plain = (msgspec.structs.replace(each, nodad=False, noprefixroute=False) for each in JSON.addresses)
    assert BUSYBOX.addresses == tuple(plain)


@pytest.mark.parametrize("name", ("lo", "br0", "v0", "v1"))
def test_busybox_lacks_states_alone(name: str) -> None:
    known = named(JSON.links, name)
    bridge = known.bridge and msgspec.structs.replace(known.bridge, forward_delay_s=None)
    expected = msgspec.structs.replace(known, operstate="UNKNOWN", port=None, bridge=bridge)
    assert named(BUSYBOX.links, name) == expected


def test_busybox_takes_a_foreign_index_for_its_own() -> None:
    """It prints ``v2@br0`` for a veth whose other end is link 2 of another namespace, because br0 is link 2 here."""
    found = named(BUSYBOX.links, "v2")
    assert (found.kind, found.lower, found.peer_index, found.peer_netnsid) == ("veth", None, 2, -1)


def test_iproute2_of_centos_7() -> None:
    found = interfaces(text_reading(CENTOS_7, "ip -d addr"))
    assert [(item.name, item.kind) for item in found.links] == [
        ("eth0", ""),
        ("eth0.5", "vlan"),
        ("tun0", "tun"),
        ("vethab12", "veth"),
    ]
    vlan, veth = named(found.links, "eth0.5"), named(found.links, "vethab12")
    assert (vlan.vlan_id, vlan.lower, vlan.peer_index, vlan.xdp) == (5, "eth0", 2, True)
    assert (veth.peer_index, veth.peer_netnsid, veth.master) == (4, -1, "docker0")
    assert veth.port is not None
    assert veth.port.hairpin
    assert [(item.dynamic, item.peer is None) for item in found.addresses] == [(True, True), (False, False)]


DAMAGED = {
    "no head": ("    inet 10.0.0.1/8 scope global eth0\n", 1),
    "head without flags": ("2: eth0 mtu 1500\n", 1),
    "no address": ("2: eth0: <UP> mtu 1500\n    inet 10.0.0/8\n", 2),
    "cut": ("2: eth0: <UP> mtu 1500\n    inet\n", 2),
    "mtu": ("2: eth0: <UP> mtu x\n", 1),
    "family": ("2: eth0: <UP> mtu 1500\n    inet fd00::1/64\n", 2),
}


@each_row(("text", "line"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_a_parse_error_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ParseError) as caught:
        interfaces(text_reading(text, "ip -d addr"))
    assert (caught.value.source, caught.value.line) == ("ip -d addr", line)


def test_a_tun_device_has_a_holder() -> None:
    links = (Link(2, "flannel0", "tun"), Link(3, "tun1", "tun"), Link(4, "eth0"))
    found = with_holders(links, "flannel0\t11\tflanneld\neth0\t12\todd\ntorn\n")
    assert [each.holder for each in found] == ["flanneld", None, None]
    assert [each.holder_pid for each in found] == [11, None, None]


@pytest.mark.parametrize(("halted", "nobody_reads"), (((), False), ((11,), False), ((11, 12), True)))
def test_a_tun_device_whose_holders_are_all_stopped(halted: tuple[int, ...], nobody_reads: bool) -> None:
    (found,) = with_holders((Link(2, "tun0", "tun"),), "tun0\t11\topenvpn\ntun0\t12\topenvpn\n", frozenset(halted))
    assert found.holder_halted is nobody_reads
