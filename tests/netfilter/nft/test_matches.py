import pytest

from hairpin.errors import MalformedError
from hairpin.netfilter import ir
from hairpin.netfilter.limit import TimeWindow
from hairpin.netfilter.nft.fields import HAS_CONNECTION
from hairpin.netfilter.nft.matches import chance, compare, read_match
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

SCOPE = Scope("ip", "filter")
TCP = ir.FieldMatch("protocol", ((6, 6),))
ICMP = ir.FieldMatch("protocol", ((1, 1),))


def payload(protocol: str, field: str) -> Json:
    return {"payload": {"protocol": protocol, "field": field}}


def meta(key: str) -> Json:
    return {"meta": {"key": key}}


def ct(key: str) -> Json:
    return {"ct": {"key": key}}


def fib(result: str, *flags: str) -> Json:
    return {"fib": {"result": result, "flags": list(flags)}}


MSS: Json = {"tcp option": {"name": "maxseg", "field": "size"}}
DPORT, SADDR, FLAGS = payload("tcp", "dport"), payload("ip", "saddr"), payload("tcp", "flags")

CASES: dict[str, tuple[Json, str, Json, tuple[ir.Match, ...]]] = {
    "port": (DPORT, "==", 22, (TCP, ir.FieldMatch("dport", ((22, 22),)))),
    "not the port": (DPORT, "!=", 22, (TCP, ir.FieldMatch("dport", ((22, 22),), negated=True))),
    "below": (DPORT, "<", 1024, (TCP, ir.FieldMatch("dport", ((0, 1023),)))),
    "below nothing": (DPORT, "<", 0, (TCP, ir.FieldMatch("dport", ()))),
    "at most": (DPORT, "<=", 1024, (TCP, ir.FieldMatch("dport", ((0, 1024),)))),
    "above": (DPORT, ">", 1023, (TCP, ir.FieldMatch("dport", ((1024, 65535),)))),
    "at least": (DPORT, ">=", 1024, (TCP, ir.FieldMatch("dport", ((1024, 65535),)))),
    "set": (DPORT, "==", {"set": [80, {"range": [443, 445]}]}, (TCP, ir.FieldMatch("dport", ((80, 80), (443, 445))))),
    "not in a set": (
        DPORT, "!=", {"set": [80, 443]}, (TCP, ir.FieldMatch("dport", ((80, 80), (443, 443)), negated=True)),
    ),
    "operator left away": (DPORT, "", 22, (TCP, ir.FieldMatch("dport", ((22, 22),)))),
    "named set": (SADDR, "==", "@blocked", (ir.SetMatch("blocked", ("saddr4",)),)),
    "not in a named set": (SADDR, "!=", "@blocked", (ir.SetMatch("blocked", ("saddr4",), negated=True),)),
    "set of changed values": (
        {"&": [meta("mark"), 255]}, "==", "@marks", (ir.OpaqueMatch("meta mark & 0x000000ff == @marks"),),
    ),
    "state": (
        ct("state"), "in", ["established", "related"], (ir.FieldMatch("ct-state", ((0, 0),), negated=True, mask=6),),
    ),
    "state, older nft": (ct("state"), "", "new", (ir.FieldMatch("ct-state", ((0, 0),), negated=True, mask=8),)),
    "exactly this state": (ct("state"), "==", "new", (ir.FieldMatch("ct-state", ((8, 8),)),)),
    "none of the states": (ct("state"), "!", ["new", "invalid"], (ir.FieldMatch("ct-state", ((0, 0),), mask=9),)),
    "states as a set": (ct("state"), "==", {"set": ["new", "related"]}, (ir.FieldMatch("ct-state", ((4, 4), (8, 8))),)),
    "flags among some": (
        {"&": [FLAGS, ["fin", "syn"]]}, "==", "syn", (TCP, ir.FieldMatch("tcp-flags", ((2, 2),), mask=3)),
    ),
    "flags, newer nft": (
        {"&": [FLAGS, {"|": ["fin", "syn"]}]}, "==", {"|": ["fin", "syn"]},
        (TCP, ir.FieldMatch("tcp-flags", ((3, 3),), mask=3)),
    ),
    "unknown flag": (FLAGS, "in", "ece", (TCP, ir.OpaqueMatch("tcp flags ece"))),
    "icmp type": (payload("icmp", "type"), "==", "echo-request", (ICMP, ir.FieldMatch("icmp", ((0x800, 0x8FF),)))),
    "icmp code": (payload("icmp", "code"), "==", 3, (ICMP, ir.FieldMatch("icmp", ((3, 3),), mask=0xFF))),
    "interface": (meta("iifname"), "==", "eth*", (ir.NameMatch("iif", ("eth*",)),)),
    "not these interfaces": (
        meta("oifname"), "!=", {"set": ["lo", "docker0"]}, (ir.NameMatch("oif", ("lo", "docker0"), negated=True),),
    ),
    "interface by index": (meta("iif"), "==", "lo", (ir.NameMatch("iif", ("lo",)),)),
    "interface named with an asterisk": (meta("iifname"), "==", "odd\\*", (ir.NameMatch("iif", ("odd\\*",)),)),
    "an address of a connection without its family": (
        {"ct": {"key": "saddr", "dir": "original"}},
        "!=",
        "0.0.10.100",
        (ir.FieldMatch("ct-orig-saddr4", ((0x0A640000, 0x0A64FFFF),), negated=True),),
    ),
    "an address that may be two prefixes": (
        {"ct": {"key": "daddr", "dir": "reply"}},
        "==",
        "::1",
        (HAS_CONNECTION, ir.OpaqueMatch("ct reply daddr ::1")),
    ),
    "masked mark": ({"&": [meta("mark"), 0xFF]}, "!=", 0, (ir.FieldMatch("mark", ((0, 0),), negated=True, mask=0xFF),)),
    "service by name": (DPORT, "==", "https", (TCP, ir.OpaqueMatch("tcp dport https"))),
    "not in the IR": (meta("iifkind"), "==", 5, (ir.OpaqueMatch("meta iifkind 5"),)),
    "an option": ({"tcp option": {"name": "maxseg"}}, "==", True, (ir.OpaqueMatch("tcp option maxseg exists"),)),
    "an operator of tomorrow": (DPORT, "~", 22, (TCP, ir.OpaqueMatch("tcp dport ~ 22"))),
    "ipsec": (meta("ipsec"), "==", True, (ir.FieldMatch("ipsec-in", ((0, 0),), negated=True),)),
    "concatenation": (
        {"concat": [meta("iifname"), SADDR]}, "==",
        {"set": [{"concat": ["lo", {"prefix": {"addr": "127.0.0.0", "len": 8}}]}]},
        (ir.InlineSetMatch((ir.Element((ir.NameKey("lo"), ir.NumberKey(0x7F000000, 0x7FFFFFFF))),),
                           ("iif", "saddr4")),),
    ),
    "concatenation, one element": (
        {"concat": [SADDR, DPORT]}, "!=", {"concat": ["10.0.0.1", 22]},
        (TCP,
         ir.InlineSetMatch((ir.Element((ir.NumberKey(0x0A000001, 0x0A000001), ir.NumberKey(22, 22))),),
                           ("saddr4", "dport"),
                             negated=True)),
    ),
    "concatenation in a named set": (
        {"concat": [SADDR, DPORT]}, "==", "@pairs", (TCP, ir.SetMatch("pairs", ("saddr4", "dport"))),
    ),
    "concatenation with something unknown": (
        {"concat": [SADDR, meta("iifkind")]}, "==", "@pairs", (ir.OpaqueMatch("ip saddr . meta iifkind @pairs"),),
    ),
    "concatenation of a changed value": (
        {"concat": [SADDR, {"&": [meta("mark"), 1]}]}, "==", {"concat": ["10.0.0.1", 1]},
        (ir.FieldMatch("saddr4", ((0x0A000001, 0x0A000001),)), ir.FieldMatch("mark", ((1, 1),), mask=1)),
    ),
    "icmp type and code": (
        {"concat": [payload("icmp", "type"), payload("icmp", "code")]}, "==",
        {"set": [{"concat": ["echo-request", 0]}, {"concat": ["destination-unreachable", {"range": [1, 3]}]}]},
        (ICMP, ir.FieldMatch("icmp", ((0x301, 0x303), (0x800, 0x800)))),
    ),
    "local address": (fib("type", "daddr"), "==", "local", (ir.FibMatch("daddr", ("local",)),)),
    "address of that link": (fib("type", "daddr", "iif"), "==", "local",
                             (ir.FibMatch("daddr", ("local",), limit="iif"),)),
    "neither broadcast nor multicast": (
        fib("type", "daddr"), "!=", {"set": ["broadcast", "multicast"]},
        (ir.FibMatch("daddr", ("broadcast", "multicast"), negated=True),),
    ),
    "route type by number": (fib("type", "saddr"), "==", 2, (ir.FibMatch("saddr", ("local",)),)),
    "no way back": (fib("oif", "saddr", "iif"), "==", False, (ir.ReversePathMatch(negated=True),)),
    "no way back, older nft": (fib("oif", "saddr", "iif"), "==", "0", (ir.ReversePathMatch(negated=True),)),
    "a way back": (fib("oif", "saddr", "mark"), "!=", 0, (ir.ReversePathMatch(loose=True, validmark=True),)),
    "way by that link": (fib("oif", "saddr"), "==", "eth0", (ir.OpaqueMatch('fib saddr oif "eth0"'),)),
    "route type with the mark": (
        fib("type", "daddr", "mark"), "==", "local", (ir.OpaqueMatch("fib daddr . mark type local"),),
    ),
    "transparent socket": ({"socket": {"key": "transparent"}}, "==", 1, (ir.SocketMatch(True, True),)),
    "socket, not transparent": (
        {"socket": {"key": "transparent"}}, "==", 0, (ir.SocketMatch(False, True), ir.SocketMatch(True, True, True)),
    ),
    "socket of one address": ({"socket": {"key": "wildcard"}}, "==", 0, (ir.SocketMatch(),)),
    "socket of any address": (
        {"socket": {"key": "wildcard"}}, "==", 1, (ir.SocketMatch(nowildcard=True), ir.SocketMatch(negated=True)),
    ),
    "socket's mark": ({"socket": {"key": "mark"}}, "==", 1, (ir.OpaqueMatch("socket mark 0x00000001"),)),
    "dice": (
        {"numgen": {"mode": "random", "mod": 10, "offset": 0}}, "<", 3,
        (ir.StatefulMatch("numgen", "numgen random mod 10 < 3", usual=False),),
    ),
    "dice, the better half": (
        {"numgen": {"mode": "random", "mod": 10, "offset": 5}}, ">=", 8,
        (ir.StatefulMatch("numgen", "numgen random mod 10 offset 5 >= 8"),),
    ),
    "every tenth packet, not the first": (
        {"numgen": {"mode": "inc", "mod": 10, "offset": 0}}, "==", 3,
        (ir.StatefulMatch("numgen", "numgen inc mod 10 3", usual=False),),
    ),
    "every tenth packet, the first": (
        {"numgen": {"mode": "inc", "mod": 10, "offset": 0}}, "==", 0,
        (ir.StatefulMatch("numgen", "numgen inc mod 10 0"),),
    ),
    "one packet of 2^31": (meta("random"), "<", 2, (ir.StatefulMatch("random", "meta random < 2", usual=False),)),
    "nearly all packets": (
        meta("random"), "!=", {"range": [0, 9]}, (ir.StatefulMatch("random", "meta random != 0-9"),),
    ),
    "hash": (
        {"jhash": {"mod": 2, "expr": DPORT}}, "==", 0, (TCP, ir.StatefulMatch("jhash", "jhash tcp dport mod 2 0")),
    ),
    "time": (meta("day"), "==", "Monday", (
        ir.StatefulMatch(
            "time", 'meta day "Monday"', limit=TimeWindow(weekdays=frozenset({1}), in_kernels_zone=True)
        ),
    )),
    "a tiny MSS": (
        MSS, "==", {"range": [1, 500]}, (TCP, ir.StatefulMatch("tcpmss", "tcp option maxseg size 1-500", usual=False)),
    ),
    "any other MSS": (
        MSS, ">", 500, (TCP, ir.StatefulMatch("tcpmss", "tcp option maxseg size > 500", usual=True)),
    ),
    "many bytes": (ct("bytes"), ">", 1000, (ir.StatefulMatch("connbytes", "ct bytes > 1000", usual=False),)),
    "few bytes": (
        ct("bytes"), "==", {"range": [0, 9]}, (ir.StatefulMatch("connbytes", "ct bytes 0-9", usual=True),),
    ),
}  # fmt: skip


@each_row(("left", "operator", "right", "expected"), CASES.values(), ids=CASES)
def test_compare(left: Json, operator: str, right: Json, expected: tuple[ir.Match, ...]) -> None:
    assert compare(left, operator, right, SCOPE) == expected


@pytest.mark.parametrize("body", ({"left": DPORT, "op": "=="}, {"right": 5}, {"left": DPORT, "op": 5, "right": 5}))
def test_half_a_match_is_malformed(body: dict[str, Json]) -> None:
    with pytest.raises(MalformedError):
        read_match(body, SCOPE)


def test_chance_is_found_within_arithmetic() -> None:
    assert chance({"&": [meta("random"), 1]}) == "random"
    assert chance({"concat": [DPORT, {"symhash": {"mod": 2}}]}) == "symhash"
    assert chance(DPORT) is None
