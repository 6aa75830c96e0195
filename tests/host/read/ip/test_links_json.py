"""Links and addresses from iproute2's JSON."""

import json
from typing import Any

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.link import Address, BridgePort, Link, Tunnel
from hairpin.host.read.ip.links_json import interfaces, port_state, ports
from hairpin.netfilter.rule_address import read_address
from tests.host.fixture_evidence import text_of
from tests.rows import each_row

REAL = interfaces(text_reading(text_of("iproute2-6.1", "addr.json"), "ip -j -d addr", "e1"))


def link(name: str) -> Link:
    (found,) = (item for item in REAL.links if item.name == name)
    return found


def of(**fields: Any) -> Link:
    """Return the one link of a reading with these fields."""
    text = json.dumps([{"ifindex": 3, "ifname": "x0", "flags": ["UP"], "mtu": 1400, **fields}])
    return interfaces(text_reading(text, "ip -j -d addr")).links[0]


def test_a_bridge_and_its_ports() -> None:
    assert link("br0").kind == "bridge"
    assert link("br0").bridge is not None
    assert link("v1").master == "br0"
    assert link("v1").port == BridgePort(state="forwarding", hairpin=True, isolated=True)
    assert link("v2").port == BridgePort(state="disabled")
    assert link("lo").port is None


def test_a_pair_in_one_namespace_and_an_end_whose_peer_is_in_another() -> None:
    assert (link("v0").peer_index, link("v1").peer_index) == (link("v1").index, link("v0").index)
    assert link("v0").peer_netnsid is None
    assert (link("v2").peer_index, link("v2").peer_netnsid) == (2, 0)
    assert link("v0").lower is None


def test_state_flags() -> None:
    assert (link("v0").up, link("v0").carrier) == (True, True)
    assert (link("v2").up, link("v2").carrier, link("v2").operstate) == (True, False, "DOWN")
    assert (link("vx0").up, link("vx0").carrier) == (False, False)
    assert link("lo").kind == "loopback"
    assert link("v0").mac is not None
    assert link("v0").evidence == "e1"


def test_addresses() -> None:
    found = [item for item in REAL.addresses if item.link == "v0" and item.scope == "global"]
    one, two, three, six = found
    assert (one.value, one.prefix_length) == (read_address("10.9.0.1", "ip"), 24)
    assert one.broadcast == read_address("10.9.0.255", "ip")
    assert (two.value, two.peer, two.prefix_length) == (
        read_address("10.8.0.1", "ip"),
        read_address("10.8.0.2", "ip"),
        32,
    )
    assert (three.secondary, one.secondary) == (True, False)
    assert six == Address("v0", 6, read_address("fd00::1", "ip6"), 64, nodad=True, evidence="e1")
    assert [item.tentative for item in REAL.addresses if item.link == "br0"] == [True]


STACKED: dict[str, tuple[dict[str, Any], tuple[str, object]]] = {
    "vlan": ({"linkinfo": {"info_kind": "vlan", "info_data": {"id": 5}}}, ("vlan_id", 5)),
    "macvlan": ({"linkinfo": {"info_kind": "macvlan", "info_data": {"mode": "bridge"}}}, ("macvlan_mode", "bridge")),
    "ipvlan": ({"linkinfo": {"info_kind": "ipvlan", "info_data": {"mode": "l3"}}}, ("macvlan_mode", "l3")),
    "ipvlan's flag": ({"linkinfo": {"info_kind": "ipvlan", "info_data": {"private": True}}},
                      ("ipvlan_flag", "private")),
    "ipvlan as usual": ({"linkinfo": {"info_kind": "ipvlan", "info_data": {"bridge": True}}},
                        ("ipvlan_flag", "bridge")),
    "a macvlan has no flag": ({"linkinfo": {"info_kind": "macvlan", "info_data": {"mode": "vepa"}}},
                              ("ipvlan_flag", None)),
    "vrf": ({"linkinfo": {"info_kind": "vrf", "info_data": {"table": 77}}}, ("vrf_table", 77)),
    "vxlan": (
        {"linkinfo": {"info_kind": "vxlan", "info_data": {"id": 7, "port": 4789}}},
        ("tunnel", Tunnel("vxlan", key=7, port=4789)),
    ),
    "vxlan that answers ARP itself": (
        {"linkinfo": {"info_kind": "vxlan", "info_data": {"id": 7, "port": 4789, "proxy": True}}},
        ("tunnel", Tunnel("vxlan", key=7, port=4789, proxy=True)),
    ),
    "gre": (
        {"link": "eth0", "linkinfo": {"info_kind": "gre", "info_data": {
            "remote": "10.0.0.1", "local": "any", "ttl": 0, "pmtudisc": True, "ikey": "0.0.0.3", "okey": "0.0.0.3"}}},
        ("tunnel", Tunnel("gre", key=3, remote=0x0A000001, underlay="eth0", dont_fragment="set", ttl=0)),
    ),
    "the kernel's own ipip": (
        {"linkinfo": {"info_kind": "ipip", "info_data": {"proto": "any", "remote": "any", "local": "any", "ttl": 0,
                                                         "pmtudisc": False}}},
        ("tunnel", Tunnel("ipip", ttl=0)),
    ),
    "vxlan with the TTL of the inner packet": (
        {"linkinfo": {"info_kind": "vxlan", "info_data": {"id": 7, "port": 4789, "ttl": "inherit"}}},
        ("tunnel", Tunnel("vxlan", key=7, port=4789, ttl=0)),
    ),
    "xdp": ({"xdp": {"mode": 1, "prog": {"id": 5}}}, ("xdp", True)),
    "no xdp": ({}, ("xdp", False)),
    "stands on another": ({"link": "eth0"}, ("lower", "eth0")),
    "stands on one of another namespace": ({"link_index": 9, "link_netnsid": 3}, ("peer_netnsid", 3)),
    "stands on nothing": ({"link": None}, ("lower", None)),
    "a pair stands on nothing": ({"link": "eth0", "linkinfo": {"info_kind": "veth"}}, ("lower", None)),
    "a port of a bond is no bridge port": (
        {"linkinfo": {"info_slave_kind": "bond", "info_slave_data": {"state": "ACTIVE"}}}, ("port", None)),
}  # fmt: skip


@each_row(("fields", "expected"), STACKED.values(), ids=STACKED)
def test_kinds(fields: dict[str, Any], expected: tuple[str, object]) -> None:
    assert getattr(of(**fields), expected[0]) == expected[1]


@pytest.mark.parametrize(("said", "expected"), ((3, "forwarding"), (0, "disabled"), ("BLOCKING", "blocking"), (9, "9")))
def test_port_state(said: str | int, expected: str) -> None:
    assert port_state(said) == expected


def test_ports() -> None:
    found = dict(ports(text_reading(text_of("iproute2-6.1", "bridge-link.json"), "bridge -j -d link")))
    assert found == {"v1": link("v1").port, "v2": link("v2").port}


def test_nothing_printed_is_nothing_there() -> None:
    assert interfaces(text_reading("", "ip")).links == ()
    assert ports(text_reading("\n", "bridge")) == ()


@each_row(
    "fields",
    (
        {"addr_info": [{"family": "inet", "local": "fd00::1", "prefixlen": 64}]},
        {"addr_info": [{"family": "inet", "local": "10.0.0.1", "prefixlen": 64}]},
        {"addr_info": [{"family": "inet", "local": "10.0.0", "prefixlen": 8}]},
        {"linkinfo": {"info_kind": "bridge", "info_data": {"vlan_filtering": "on"}}},
        {"address": "zz:zz:zz:zz:zz:zz"},
    ),
)
def test_damage_is_a_parse_error(fields: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match="ip -j -d addr"):
        of(**fields)


def test_elements_without_an_address_are_no_addresses() -> None:
    """iproute2 leaves empty objects for what its own filter took away."""
    text = json.dumps([{"ifindex": 3, "ifname": "x0", "addr_info": [{}, {"family": "mpls", "local": "1"}]}])
    assert interfaces(text_reading(text, "ip")).addresses == ()
