"""The class into which filters, a default or a map of priorities put a packet decides whether it is dropped."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.traffic_control import Filter, HeaderMatch, Qdisc, UnknownMatch
from hairpin.netfilter.ir import Chain, NoEffect, Ruleset, Table
from hairpin.netfilter.packet import TCP, Packet
from hairpin.walk.link.classes import refusing
from hairpin.walk.link.traffic_control import matches
from tests.netfilter.seen import rule
from tests.rows import each_row

PACKET = Packet(4, 0x0A010203, 0xC6336402, TCP, 8080, 40000, tcp_flags=2)
HTB, HFSC = Qdisc("htb", "1:", default=0x10), Qdisc("hfsc", "1:", default=0x10)
PRIO = Qdisc("prio", "1:", priomap=(1, 2, 2, 2))
BAD = Qdisc("pfifo", "20:", "1:20", limit=0)
AT_DEFAULT = msgspec.structs.replace(BAD, parent="1:10")
NONE = Qdisc("drr", "1:")


def chooses(port: int, flowid: str = "1:20", *, known: bool = True) -> Filter:
    by = (HeaderMatch("sport", port, port),) if known else (UnknownMatch(),)
    return Filter("root", "u32", 1, "ip", matches=by, flowid=flowid)


CLASSIFIES = Ruleset((Table("ip", "mangle", "iptables-nft", (
    Chain("POSTROUTING", (rule(NoEffect("CLASSIFY", "--set-class 1:20")),), "postrouting"),
)),))  # fmt: skip

# disciplines, filters, rules, which disciplines may drop the packet
CASES: dict[str, tuple[tuple[Qdisc, ...], tuple[Filter, ...], Ruleset, set[Qdisc | None]]] = {
    "a filter chooses it": ((HTB, BAD), (chooses(8080),), Ruleset(), {BAD}),
    "a filter chooses another class": ((HTB, BAD), (chooses(8080, "1:30"),), Ruleset(), {None}),
    "the filter is for another port": ((HTB, BAD), (chooses(81),), Ruleset(), {None}),
    "it is the default": ((HTB, AT_DEFAULT), (chooses(81),), Ruleset(), {AT_DEFAULT}),
    "no filter, the default": ((HFSC, AT_DEFAULT), (), Ruleset(), {AT_DEFAULT}),
    "no filter, not the default": ((HTB, BAD), (), Ruleset(), {None}),
    "a filter that is not modelled": ((HTB, BAD), (chooses(0, known=False),), Ruleset(), {None, BAD}),
    "the same, without a class": ((HTB, BAD), (chooses(0, "", known=False),), Ruleset(), {None, BAD}),
    "the chosen class may not exist": (
        (HTB, AT_DEFAULT), (chooses(8080, "1:30"),), Ruleset(), {None, AT_DEFAULT},
    ),
    "rules choose classes": ((HTB, BAD), (), CLASSIFIES, {None, BAD}),
    "rules choose classes that all take it": ((HTB,), (), CLASSIFIES, {None}),
    "the band of the priority": ((PRIO, msgspec.structs.replace(BAD, parent="1:2")), (), Ruleset(),
                                 {msgspec.structs.replace(BAD, parent="1:2")}),
    "another band": ((PRIO, msgspec.structs.replace(BAD, parent="1:3")), (), Ruleset(), {None}),
    "a queue of the card": ((Qdisc("mq", "0:"), msgspec.structs.replace(BAD, parent=":1")), (), Ruleset(),
                            {None, msgspec.structs.replace(BAD, parent=":1")}),
    "no class, where one is needed": ((NONE,), (chooses(81),), Ruleset(), {NONE}),
    "a class, where one is needed": ((NONE,), (chooses(8080),), Ruleset(), {None}),
    "hfsc has no default": ((Qdisc("hfsc", "1:"),), (chooses(81),), Ruleset(), {Qdisc("hfsc", "1:")}),
    "hfsc has one": ((HFSC,), (chooses(81),), Ruleset(), {None}),
    "no discipline": ((), (), Ruleset(), {None}),
}  # fmt: skip


@each_row(("qdiscs", "filters", "rules", "expected"), CASES.values(), ids=CASES)
def test_refusing(
    qdiscs: tuple[Qdisc, ...], filters: tuple[Filter, ...], rules: Ruleset, expected: set[Qdisc | None]
) -> None:
    link = Link(2, "eth0", qdiscs=qdiscs, filters=filters)
    namespace = Namespace("host", ruleset=rules)
    assert refusing(namespace, link, PACKET, matches, lambda each: each.limit == 0) == expected
