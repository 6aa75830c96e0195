import pytest

from hairpin.errors import MalformedError
from hairpin.netfilter import ir
from hairpin.netfilter.limit import ConnectionLimit, Queue, QuotaLimit, Rate
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.statements import read_statement
from hairpin.netfilter.nft.syntax import Json, Object
from tests.rows import each_row

IPV4, IPV6 = ir.FieldMatch("nfproto", ((2, 2),)), ir.FieldMatch("nfproto", ((10, 10),))
TCP = ir.FieldMatch("protocol", ((6, 6),))
SADDR: Json = {"payload": {"protocol": "ip", "field": "saddr"}}
RATE = Rate(3, "packets", "minute", 5)
LIMIT: Json = {"limit": {"rate": 3, "burst": 5, "per": "minute", "inv": True}}


def scope(family: ir.Family = "inet") -> Scope:
    objects: dict[str, Object] = {
        "limit slow": {"rate": 1, "per": "second", "inv": True},
        "quota month": {"bytes": 5000, "used": 100, "inv": False},
        "quota spent": {"bytes": 5000, "used": 5000, "inv": True},
    }
    return Scope(family, "t", objects=objects)


CASES: dict[str, tuple[Json, tuple[ir.Expression, ...]]] = {
    "accept": ({"accept": None}, (ir.Verdict("accept"),)),
    "drop": ({"drop": None}, (ir.Verdict("drop"),)),
    "return": ({"return": None}, (ir.Verdict("return"),)),
    "continue": ({"continue": None}, ()),
    "jump": ({"jump": {"target": "ssh"}}, (ir.Jump("ssh"),)),
    "goto": ({"goto": {"target": "ssh"}}, (ir.Jump("ssh", goto=True),)),
    "match": ({"match": {"op": "==", "left": SADDR, "right": "10.0.0.1"}}, (
        IPV4, ir.FieldMatch("saddr4", ((0x0A000001, 0x0A000001),)),
    )),
    "own counter": ({"counter": {"packets": 1, "bytes": 2}}, ()),
    "own counter without values": ({"counter": None}, ()),
    "named counter": ({"counter": "web"}, (ir.NoEffect("counter", 'counter name "web"'),)),
    "counter by address": (
        {"counter": {"map": {"key": SADDR, "data": {"set": [["10.0.0.1", "web"]]}}}},
        (
            IPV4, ir.FieldMatch("saddr4", ((0x0A000001, 0x0A000001),)),
            ir.NoEffect("counter", 'counter name ip saddr map { 10.0.0.1 : "web" }'),
        ),
    ),
    "helper by a map that is not there": (
        {"ct helper": {"map": {"key": SADDR, "data": "@lost"}}}, (ir.OpaqueMatch("ct helper set ip saddr map @lost"),),
    ),
    "helper": ({"ct helper": "ftp"}, (ir.NoEffect("ct helper", 'ct helper set "ftp"'),)),
    "limit": (
        {"limit": {"rate": 3, "burst": 5, "per": "minute"}},
        (ir.StatefulMatch("limit", "limit rate 3/minute", rate=RATE),),
    ),
    "over the limit": (LIMIT, (ir.StatefulMatch("limit", "limit rate over 3/minute", usual=False, rate=RATE),)),
    "named limit": (
        {"limit": "slow"},
        (ir.StatefulMatch("limit", 'limit name "slow"', usual=False, rate=Rate(1, "packets", "second")),),
    ),
    "named quota": ({"quota": "month"}, (
        ir.StatefulMatch("quota", 'quota name "month"', limit=QuotaLimit(spent=False, over=False, name="month")),
    )),
    "used up quota": ({"quota": "spent"}, (
        ir.StatefulMatch(
            "quota", 'quota name "spent"', usual=False, limit=QuotaLimit(spent=True, over=True, name="spent")
        ),
    )),
    "quota that the listing lacks": ({"quota": "gone"}, (ir.OpaqueMatch('quota name "gone"'),)),
    "connections": ({"ct count": {"val": 9, "inv": True}}, (
        ir.StatefulMatch("connlimit", "ct count over 9", usual=False, limit=ConnectionLimit(9, True, 0)),
    )),
    "added": ({"set": {"op": "add", "elem": SADDR, "set": "@seen"}}, (
        IPV4, ir.NoEffect("add @", "add @seen { ip saddr }"),
    )),
    "added within a limit": (
        {"set": {"op": "update", "elem": SADDR, "set": "@seen", "stmt": [{"counter": None}, LIMIT]}},
        (
            IPV4, ir.NoEffect("update @", "update @seen { ip saddr counter limit rate over 3/minute }"),
            ir.StatefulMatch("limit", "limit rate over 3/minute", usual=False, rate=RATE),
        ),
    ),
    "added with something new": (
        {"set": {"op": "add", "elem": SADDR, "set": "@seen", "stmt": [{"wormhole": 5}]}},
        (IPV4, ir.NoEffect("add @", "add @seen { ip saddr wormhole 5 }"), ir.OpaqueMatch("wormhole 5")),
    ),
    "meter": ({"meter": {"key": SADDR, "stmt": LIMIT, "name": "m"}}, (
        IPV4, ir.NoEffect("meter", "meter m { ip saddr limit rate over 3/minute }"),
        ir.StatefulMatch("limit", "limit rate over 3/minute", usual=False, rate=RATE),
    )),
    "log": ({"log": {"prefix": "x"}}, (ir.NoEffect("log", 'log prefix "x"'),)),
    "notrack": ({"notrack": None}, (ir.Notrack(),)),
    "copy": ({"dup": {"addr": "10.0.0.1"}}, (ir.NoEffect("dup", "dup to 10.0.0.1"),)),
    "flow table": ({"flow": {"op": "add", "flowtable": "@f"}}, (ir.NoEffect("flow", "flow add @f"),)),
    "queue": ({"queue": {"num": 5}}, (ir.Outside("queue", "queue to 5", queue=Queue(5, 5)),)),
    "queues": (
        {"queue": {"num": {"range": [2, 3]}, "flags": ["bypass", "fanout"]}},
        (ir.Outside("queue", "queue flags bypass,fanout to 2-3", queue=Queue(2, 3, bypass=True)),),
    ),
    "a queue of an expression": (
        {"queue": {"num": {"numgen": {"mode": "inc", "mod": 2, "offset": 0}}}},
        (ir.Outside("queue", "queue to numgen inc mod 2"),),
    ),
    "proxy": ({"tproxy": {"family": "ip", "port": 50080}}, (ir.Outside("tproxy", "tproxy ip to :50080"),)),
    "synproxy": ({"synproxy": None}, (ir.Outside("synproxy", "synproxy"),)),
    "iptables match": ({"xt": {"type": "match", "name": "recent"}}, (ir.OpaqueMatch('xt match "recent"'),)),
    "iptables target": ({"xt": {"type": "target", "name": "TEE"}}, (ir.Outside("TEE", 'xt target "TEE"'),)),
    "iptables, older nft": ({"xt": None}, (ir.OpaqueMatch('xt  ""'),)),
    "a chain without a name": ("jump {\n\taccept\n}", (ir.Outside("jump", "jump { accept; }"),)),
    "something new": ({"wormhole": {"to": "10.0.0.1"}}, (ir.Outside("wormhole", "wormhole to 10.0.0.1"),)),
}  # fmt: skip


@each_row(("statement", "expected"), CASES.values(), ids=CASES)
def test_read_statement(statement: Json, expected: tuple[ir.Expression, ...]) -> None:
    assert read_statement(statement, scope()) == expected


ANSWERS: dict[str, tuple[Json, ir.Family, tuple[ir.Expression, ...]]] = {
    "default of ip": (None, "ip", (ir.Reject("icmp-port-unreachable"),)),
    "default of ip6": (None, "ip6", (ir.Reject("icmp6-port-unreachable"),)),
    "default of inet": (None, "inet", (ir.Reject("icmpx-port-unreachable"),)),
    "default of a bridge": (None, "bridge", (ir.Reject("icmpx-port-unreachable"),)),
    "reset": ({"type": "tcp reset"}, "inet", (TCP, ir.Reject("tcp-reset"))),
    "icmp": ({"type": "icmp", "expr": "prot-unreachable"}, "ip", (ir.Reject("icmp-proto-unreachable"),)),
    "icmp in an inet table": (
        {"type": "icmp", "expr": "host-prohibited"}, "inet", (IPV4, ir.Reject("icmp-host-prohibited")),
    ),
    "icmpv6": ({"type": "icmpv6", "expr": "admin-prohibited"}, "inet", (IPV6, ir.Reject("icmp6-adm-prohibited"))),
    "icmpx": ({"type": "icmpx", "expr": "no-route"}, "inet", (ir.Reject("icmpx-no-route"),)),
    "by number": ({"type": "icmpx", "expr": 3}, "inet", (ir.Reject("icmpx-admin-prohibited"),)),
    "an icmp code without a name": ({"type": "icmp", "expr": 12}, "ip", (ir.Reject("icmp-12"),)),
}  # fmt: skip


@each_row(("inner", "family", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_reject(inner: Json, family: ir.Family, expected: tuple[ir.Expression, ...]) -> None:
    assert read_statement({"reject": inner}, scope(family)) == expected


@each_row("statement", (5, None, {}, {"accept": None, "drop": None}, {"jump": None}, {"match": 5}))
def test_half_a_statement_is_malformed(statement: Json) -> None:
    with pytest.raises(MalformedError):
        read_statement(statement, scope())
