from typing import Literal

from hairpin.netfilter.ir import Expression, FieldMatch, Nat, NatElement, NatMap, NumberKey, Outside, StatefulMatch
from hairpin.netfilter.nft.nat import translation
from hairpin.netfilter.nft.scope import Choice, Parts, Scope
from hairpin.netfilter.nft.syntax import Json, Object
from tests.rows import each_row

TCP = FieldMatch("protocol", ((6, 6),))
IPV4, IPV6 = FieldMatch("nfproto", ((2, 2),)), FieldMatch("nfproto", ((10, 10),))
DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}
DADDR: Json = {"payload": {"protocol": "ip", "field": "daddr"}}
ONE = (0x0A000001, 0x0A000001)

PORTS: Object = {"name": "ports", "type": "inet_service", "map": "ipv4_addr . inet_service", "elem": [
    [80, {"concat": ["10.0.0.1", 8080]}],
]}  # fmt: skip
INET = Scope("inet", "t", maps={"ports": PORTS})
IP = Scope("ip", "t", maps={"ports": PORTS})
Kind = Literal["snat", "dnat", "masquerade", "redirect"]


def mapped(key: Json, *elements: Json) -> Json:
    return {"map": {"key": key, "data": {"set": list(elements)}}}


def prefix(address: str) -> Json:
    return {"prefix": {"addr": address, "len": 24}}


CONSTANT: dict[str, tuple[Kind, Json, Scope, tuple[Expression, ...]]] = {
    "address": ("dnat", {"addr": "10.0.0.1"}, IP, (Nat("dnat", ONE, version=4),)),
    "address and port": ("dnat", {"addr": "10.0.0.1", "port": 80}, IP, (Nat("dnat", ONE, (80, 80), version=4),)),
    "ranges, flags": (
        "snat",
        {"addr": {"range": ["10.0.0.1", "10.0.0.9"]}, "port": {"range": [1, 9]}, "flags": ["random", "persistent"]},
        IP, (Nat("snat", (0x0A000001, 0x0A000009), (1, 9), ("random", "persistent"), version=4),),
    ),
    "in an inet table": ("dnat", {"family": "ip", "addr": "10.0.0.1"}, INET, (IPV4, Nat("dnat", ONE, version=4))),
    "of IPv6": ("dnat", {"family": "ip6", "addr": "::1"}, INET, (IPV6, Nat("dnat", (1, 1), version=6))),
    "family left away": ("dnat", {"addr": "10.0.0.1"}, INET, (IPV4, Nat("dnat", ONE, version=4))),
    "family left away, IPv6": ("dnat", {"addr": "fd00::1"}, INET, (
        IPV6, Nat("dnat", (0xFD00 << 112 | 1, 0xFD00 << 112 | 1), version=6),
    )),
    "prefix": (
        "dnat", {"addr": prefix("10.0.0.0"), "flags": "netmap", "type_flags": "prefix"}, IP,
        (Nat("dnat", (0x0A000000, 0x0A0000FF), prefix=True, version=4),),
    ),
    "port alone": ("dnat", {"port": 8080}, INET, (Nat("dnat", None, (8080, 8080)),)),
    "redirect": ("redirect", {"port": 8080}, IP, (Nat("redirect", None, (8080, 8080), version=4),)),
    "masquerade": ("masquerade", None, INET, (Nat("masquerade"),)),
    "masquerade with flags": ("masquerade", {"flags": "random"}, INET, (Nat("masquerade", flags=("random",)),)),
    "address that is no constant": (
        "dnat", {"addr": DADDR, "port": 80}, IP, (Outside("dnat", "dnat to ip daddr:80"),),
    ),
    "port by name": ("redirect", {"port": "https"}, IP, (Outside("redirect", "redirect to :https"),)),
}  # fmt: skip


@each_row(("name", "inner", "scope", "expected"), CONSTANT.values(), ids=CONSTANT)
def test_constants(name: Kind, inner: Json, scope: Scope, expected: tuple[Expression, ...]) -> None:
    assert translation(name, inner, scope) == expected


def element(port: int, ports: tuple[int, int] | None = None) -> NatElement:
    return NatElement((NumberKey(port, port),), ONE, ports)


def dport(first: int, last: int) -> FieldMatch:
    return FieldMatch("dport", ((first, last),))


DICE: Json = {"numgen": {"mode": "inc", "mod": 2, "offset": 0}}

MAPS: dict[str, tuple[Kind, Json, Scope, Parts]] = {
    "address by port": (
        "dnat", {"addr": mapped(DPORT, [80, "10.0.0.1"])}, IP, (TCP, NatMap("dnat", ("dport",), (element(80),))),
    ),
    "address and port by port": (
        "dnat", {"family": "ip", "addr": mapped(DPORT, [80, {"concat": ["10.0.0.1", 8080]}])}, INET,
        (IPV4, TCP, NatMap("dnat", ("dport",), (element(80, (8080, 8080)),))),
    ),
    "named": ("dnat", {"addr": {"map": {"key": DPORT, "data": "@ports"}}}, IP, (
        TCP, NatMap("dnat", ("dport",), map="ports"),
    )),
    "port by port": ("redirect", {"port": mapped(DPORT, [80, 8080])}, IP, (
        TCP, NatMap("redirect", ("dport",), (NatElement((NumberKey(80, 80),), None, (8080, 8080)),)),
    )),
    "named, with flags": (
        "dnat", {"addr": {"map": {"key": DPORT, "data": "@ports"}}, "flags": ["random"]}, IP,
        Choice((TCP,), ((dport(80, 80), Nat("dnat", ONE, (8080, 8080), ("random",), version=4)),)),
    ),
    "prefixes": (
        "snat", {"addr": mapped(DADDR, [prefix("10.1.0.0"), prefix("10.2.0.0")]), "type_flags": "prefix"}, IP,
        Choice((), ((
            FieldMatch("daddr4", ((0x0A010000, 0x0A0100FF),)),
            Nat("snat", (0x0A020000, 0x0A0200FF), prefix=True, version=4),
        ),)),
    ),
    "one address, port by port": (
        "dnat", {"addr": "10.0.0.1", "port": mapped(DPORT, [80, 8080])}, IP,
        Choice((TCP,), ((dport(80, 80), Nat("dnat", ONE, (8080, 8080), version=4)),)),
    ),
    "dice": (
        "dnat", {"addr": mapped(DICE, [0, "10.0.0.1"], [1, "10.0.0.2"]), "port": 80}, INET,
        Choice((IPV4,), (
            (StatefulMatch("numgen", "numgen inc mod 2 0"), Nat("dnat", ONE, (80, 80), version=4)),
            (Nat("dnat", (0x0A000002, 0x0A000002), (80, 80), version=4),),
        )),
    ),
    "address and port, a map each": (
        "dnat",
        {"addr": mapped(DPORT, [80, "10.0.0.1"], [81, "10.0.0.1"]), "port": mapped(DPORT, [80, 8080], [81, 8081])}, IP,
        Choice((TCP,), (
            (dport(80, 80), Nat("dnat", ONE, (8080, 8080), version=4)),
            (dport(81, 81), Nat("dnat", ONE, (8081, 8081), version=4)),
        )),
    ),
    "maps with different keys": (
        "dnat", {"addr": mapped(DPORT, [80, "10.0.0.1"]), "port": mapped(DADDR, ["10.0.0.1", 8080])}, IP,
        Choice((TCP,), (
            (dport(80, 80), FieldMatch("daddr4", (ONE,)), Nat("dnat", ONE, (8080, 8080), version=4)),
        )),
    ),
    "a map that is not there": (
        "dnat", {"addr": {"map": {"key": DPORT, "data": "@lost"}}}, IP,
        (Outside("dnat", "dnat to tcp dport map @lost"),),
    ),
    "a value that is not understood": (
        "dnat", {"addr": mapped(DPORT, [80, "nowhere"])}, IP,
        (Outside("dnat", "dnat to tcp dport map { 80 : nowhere }"),),
    ),
}  # fmt: skip


@each_row(("name", "inner", "scope", "expected"), MAPS.values(), ids=MAPS)
def test_maps(name: Kind, inner: Json, scope: Scope, expected: Parts) -> None:
    assert translation(name, inner, scope) == expected
