"""Typed values as people read them: no address is a number."""

import types
from itertools import pairwise
from pathlib import Path
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from hairpin.compare.comparison import network_sides
from hairpin.compare.listed_difference import ListedDifference
from hairpin.compare.value_text import changed_texts, element_text, field_text, value_text, vlans_text
from hairpin.evidence.file import read
from hairpin.field import compared_fields, facts_of
from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.host.link import BridgeInfo, BridgePort, Endpoint, Link, Peer, Wireguard
from hairpin.host.read.parse import parse
from hairpin.netfilter.address import Prefix
from hairpin.netfilter.ir import Element, Map, NameKey, NatElement, NumberKey, Set, Verdict, VerdictElement
from tests.rows import each_row

FIXTURES = Path(__file__).parents[1] / "fixtures"
TEN = 0x0A000000

VALUES: dict[str, tuple[object, str | None]] = {
    "none": (None, None),
    "a truth": (False, "false"),
    "a prefix": (Prefix(4, TEN, 8), "10.0.0.0/8"),
    "an endpoint": (Endpoint(4, TEN + 1, 51820), "10.0.0.1:51820"),
    "an IPv6 endpoint": (Endpoint(6, 1, 51820), "[::1]:51820"),
    "a peer": (Peer(1, Endpoint(4, TEN + 1, 51820), (Prefix(4, TEN, 24),), handshake=1_700_000_000),
               "peer 1: endpoint 10.0.0.1:51820 allowed 10.0.0.0/24"),
    "a bridge": (BridgeInfo(stp=True, vlans=((1, 1, True), (10, 20, False))),
                 ("vlan-filtering false stp true nf-call-iptables false nf-call-ip6tables false "
                  "nf-call-arptables false mcast-snooping true mcast-querier false pvid 1 vlans 1 untagged, 10-20")),
    "a list": (("a", "b"), "a, b"),
}  # fmt: skip


@each_row(("value", "expected"), VALUES.values(), ids=VALUES)
def test_value_text(value: object, expected: str | None) -> None:
    assert value_text(value) == expected


def test_options_of_an_engine() -> None:
    engine = Engine("docker", "28", default_ip=TEN + 1, address_pools=((TEN, 8, 24),), live_restore=True)
    assert field_text(engine, "default_ip") == "10.0.0.1"
    assert field_text(engine, "address_pools") == "10.0.0.0/8 in /24"
    assert field_text(engine, "live_restore") == "true"


def test_only_what_differs() -> None:
    known = Peer(1, Endpoint(4, TEN + 1, 51820), (Prefix(4, TEN, 24),), handshake=5)
    fresh = msgspec.structs.replace(known, handshake=9)
    moved = msgspec.structs.replace(known, endpoint=Endpoint(4, TEN + 2, 51820))
    other = Peer(2, None, (Prefix(4, TEN, 16),))
    assert changed_texts(Wireguard(peers=(known, other)), Wireguard(peers=(fresh, other))) == (None, None)
    assert changed_texts(Wireguard(peers=(known, other)), Wireguard(peers=(moved, other))) == (
        "peers peer 1: endpoint 10.0.0.1:51820 allowed 10.0.0.0/24",
        "peers peer 1: endpoint 10.0.0.2:51820 allowed 10.0.0.0/24",
    )
    assert changed_texts(BridgeInfo(), BridgeInfo(stp=True)) == ("stp false", "stp true")


def test_vlans_of_a_port() -> None:
    assert vlans_text(Link(1, "veth1", port=BridgePort(pvid=10, vlans=((10, 10, True),)))) == "pvid 10, 10 untagged"
    assert vlans_text(Link(1, "eth0")) is None


# --- whole hosts -----------------------------------------------------------------------------------------------------

PLAIN_NUMBERS = frozenset({
    (BridgeInfo, "pvid"), (BridgeInfo, "vlans"), (Prefix, "version"), (Prefix, "network"), (Prefix, "prefix_length"),
    (Endpoint, "version"), (Endpoint, "address"), (Endpoint, "port"), (Peer, "number"),
    (Wireguard, "listen_port"), (Wireguard, "fwmark"), (Engine, "address_pools"),
})  # fmt: skip
"""Numbers that are no addresses, or that their structure's words write: each is looked at above."""


def _leaves(kind: Any) -> set[Any]:
    """Return the types that a type is made of."""
    if get_origin(kind) in (Union, types.UnionType, tuple):
        return {leaf for each in get_args(kind) for leaf in _leaves(each)}
    return {kind}


def _numbers(kind: type[msgspec.Struct]) -> set[tuple[type, str]]:
    """Return the compared fields of numbers, without a role, of a structure, and of all that is in it."""
    found: set[tuple[type, str]] = set()
    for name, hint in get_type_hints(kind).items():
        if name not in compared_fields(kind) or facts_of(kind)[name].role == "address":
            continue
        for leaf in _leaves(hint):
            if leaf is int or (get_origin(leaf) is not None and any(isinstance(each, int) for each in get_args(leaf))):
                found.add((kind, name))
            elif isinstance(leaf, type) and issubclass(leaf, msgspec.Struct):
                found |= _numbers(leaf)
    return found


def test_each_number_that_is_printed_is_an_address_or_known_to_be_none() -> None:
    """A new field of a number has the role of an address, or has to be put into the list."""
    assert _numbers(Engine) | _numbers(BridgeInfo) | _numbers(Wireguard) <= PLAIN_NUMBERS


def _hosts() -> list[Host]:
    folders = ("healthy", "wireguard", "pairs", "networks/node-route-missing.vxlan")
    files = (path for folder in folders for path in sorted((FIXTURES / folder).rglob("*.hairpin")))
    return [parse(read(path)) for path in files]


def _big_numbers(value: object) -> set[int]:
    """Return every number in the value that may be an address."""
    if isinstance(value, bool):
        return set()
    if isinstance(value, int):
        return {value} if value >= 1 << 24 else set()
    if isinstance(value, tuple):
        return {number for each in cast(tuple[object, ...], value) for number in _big_numbers(each)}
    if isinstance(value, msgspec.Struct):
        return {number for name in value.__struct_fields__ for number in _big_numbers(getattr(value, name))}
    return set()


def _address_numbers(host: Host) -> set[str]:
    spaces = (
        (each.links, each.addresses, each.routes, each.rules, each.neighbours, each.fdb, each.sockets, each.connections)
        for each in host.namespaces
    )
    return {str(each) for each in _big_numbers((*spaces, host.engines, host.cloud_addresses))}


def _words(each: ListedDifference) -> set[str]:
    text = " ".join(str(part) for part in (each.where, each.before, each.after) if part is not None)
    return {"".join(digits) for digits in _digits(text)}


def _digits(text: str) -> list[str]:
    return "".join(each if each.isdigit() else " " for each in text).split()


def test_no_recorded_pair_shows_an_address_as_a_number() -> None:
    hosts = _hosts()
    assert len(hosts) > 20
    for one, other in pairwise(hosts):
        numbers = _address_numbers(one) | _address_numbers(other)
        for each in network_sides(one, other)[1]:
            assert _words(each).isdisjoint(numbers), each
            assert "None" not in (str(each.before), str(each.after)) or None in (each.before, each.after)


def _one(number: int) -> NumberKey:
    return NumberKey(number, number)


CASES = {
    "an address": (Set("s", "hash:ip", ()), Element((_one(0xCB007107),)), "203.0.113.7"),
    "a network": (Set("s", "hash:net", ()), Element((NumberKey(0x0A000000, 0x0AFFFFFF),), nomatch=True),
                  "10.0.0.0/8 nomatch"),
    "address and port": (Set("s", "hash:ip,port", ()), Element((_one(0xCB007107), _one(6), _one(80))),
                         "203.0.113.7 . 6 . 80"),
    "IPv6": (Set("s", "ipv6_addr", ()), Element((_one(1),)), "::1"),
    "a range": (Set("s", "ipv4_addr", ()), Element((NumberKey(0x0A000001, 0x0A000003),)), "10.0.0.1-10.0.0.3"),
    "a link": (Map("m", "ifname", ()), VerdictElement((NameKey("eth0"),), Verdict("drop")), "eth0 : drop"),
    "a translation": (Map("m", "inet_service", ()), NatElement((_one(80),), (0x0A000001, 0x0A000001), (81, 81)),
                      "80 : 10.0.0.1:81"),
}  # fmt: skip


@each_row(("of", "element", "expected"), CASES.values(), ids=CASES)
def test_text(of: Set | Map, element: Element | VerdictElement | NatElement, expected: str) -> None:
    assert element_text(element, of) == expected
