import pytest

from hairpin.errors import MalformedError
from hairpin.netfilter.ir import Family, Field, FieldMatch
from hairpin.netfilter.nft.fields import HAS_CONNECTION, HAS_FRAME, ct, meta, network_needs, payload
from hairpin.netfilter.nft.syntax import Object

TCP, ICMP, ICMP6 = (FieldMatch("protocol", ((number, number),)) for number in (6, 1, 58))
IPV4, IPV6 = FieldMatch("nfproto", ((2, 2),)), FieldMatch("nfproto", ((10, 10),))
FRAME_IPV4, FRAME_ARP = FieldMatch("ethertype", ((0x800, 0x800),)), FieldMatch("ethertype", ((0x806, 0x806),))

# The conditions that nft --debug=netlink shows before it loads the payload.
IMPLIED: dict[str, tuple[str, str, Family, Field | None, tuple[FieldMatch, ...]]] = {
    "port": ("tcp", "dport", "ip", "dport", (TCP,)),
    "port of any transport": ("th", "dport", "inet", "dport", ()),
    "address in an ip table": ("ip", "saddr", "ip", "saddr4", ()),
    "address in an inet table": ("ip", "saddr", "inet", "saddr4", (IPV4,)),
    "address in a bridge table": ("ip", "saddr", "bridge", "saddr4", (FRAME_IPV4,)),
    "address in a netdev table": ("ip", "saddr", "netdev", "saddr4", (FRAME_IPV4,)),
    "IPv6 address in an inet table": ("ip6", "daddr", "inet", "daddr6", (IPV6,)),
    "icmp in an inet table": ("icmp", "type", "inet", "icmp", (IPV4, ICMP)),
    "icmp in an ip table": ("icmp", "type", "ip", "icmp", (ICMP,)),
    "icmpv6 in an ip6 table": ("icmpv6", "type", "ip6", "icmp6", (ICMP6,)),
    "icmp id": ("icmp", "id", "ip", None, (ICMP,)),
    "tcp window": ("tcp", "window", "ip", None, (TCP,)),
    "frame's sender": ("ether", "saddr", "inet", "smac", ()),
    "frame's type on a bridge": ("ether", "type", "bridge", "ethertype", ()),
    "frame's type elsewhere": ("ether", "type", "inet", "ethertype", (HAS_FRAME,)),
    "arp on a bridge": ("arp", "operation", "bridge", None, (FRAME_ARP,)),
    "a protocol that is not known": ("vxlan", "vni", "ip", None, ()),
}


@pytest.mark.parametrize(("protocol", "field", "family", "expected", "implied"), IMPLIED.values(), ids=IMPLIED)
def test_a_header_field_implies_conditions_that_nft_does_not_print(
    protocol: str, field: str, family: Family, expected: Field | None, implied: tuple[FieldMatch, ...]
) -> None:
    found = payload({"protocol": protocol, "field": field}, family)
    assert (found.field, found.needs) == (expected, implied)


def test_a_field_may_be_given_by_its_place() -> None:
    assert payload({"base": "th", "offset": 16, "len": 16}, "ip").field == "dport"
    assert payload({"base": "nh", "offset": 96, "len": 32}, "ip").field == "saddr4"
    assert payload({"base": "nh", "offset": 96, "len": 32}, "inet").field is None
    assert payload({"base": "nh", "offset": 0, "len": 8}, "ip").field is None
    with pytest.raises(MalformedError):
        payload({"base": "th"}, "ip")


def test_a_header_within_a_tunnel_is_not_the_packets() -> None:
    assert payload({"tunnel": "vxlan", "protocol": "ip", "field": "saddr"}, "ip").field is None


META: dict[str, tuple[str, str | None, str]] = {
    "mark": ("mark", "mark", "mark"),
    "protocol": ("l4proto", "protocol", "inet_proto"),
    "name of an interface": ("iifname", "iif", "ifname"),
    "index of an interface": ("oif", "oif", "iface_index"),
    "user": ("skuid", "skuid", "uid"),
    "not in the IR": ("iifgroup", None, "integer"),
}


@pytest.mark.parametrize(("key", "expected", "kind"), META.values(), ids=META)
def test_meta(key: str, expected: str | None, kind: str) -> None:
    found = meta({"key": key})
    assert (found.key, found.kind) == (expected, kind)


CT: dict[str, tuple[Object, Family, Field | None]] = {
    "state": ({"key": "state"}, "ip", "ct-state"),
    "original address": ({"key": "ip saddr", "dir": "original"}, "inet", "ct-orig-saddr4"),
    "address in an ip6 table": ({"key": "daddr", "dir": "reply"}, "ip6", "ct-repl-daddr6"),
    "address in an inet table, older nft": ({"key": "daddr", "dir": "reply"}, "inet", None),
    "port": ({"key": "proto-dst", "dir": "original"}, "ip", "ct-orig-dport"),
    "zone": ({"key": "zone"}, "ip", "ct-zone"),
    "zone of one direction": ({"key": "zone", "dir": "original"}, "ip", None),
    "helper": ({"key": "helper"}, "ip", None),
}


@pytest.mark.parametrize(("inner", "family", "expected"), CT.values(), ids=CT)
def test_ct(inner: Object, family: Family, expected: Field | None) -> None:
    assert ct(inner, family).field == expected


def test_the_connections_family_needs_a_connection() -> None:
    assert ct({"key": "l3proto"}, "inet").needs == (HAS_CONNECTION,)


def test_an_ip_table_sees_one_family_only() -> None:
    assert network_needs(4, "ip") == ()
    assert network_needs(6, "inet") == (IPV6,)


def test_a_changed_field_cannot_be_looked_up() -> None:
    assert payload({"protocol": "icmp", "field": "type"}, "ip").key == "icmp"
    assert payload({"protocol": "icmp", "field": "code"}, "ip").key is None
    assert payload({"protocol": "ip6", "field": "length"}, "ip6").key is None
    assert payload({"protocol": "ip", "field": "frag-off"}, "ip").key is None
