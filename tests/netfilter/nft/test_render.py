import pytest

from hairpin.errors import ChangeError
from hairpin.message import message
from hairpin.netfilter.ir import (
    Chain,
    Element,
    FieldMatch,
    Map,
    NoEffect,
    NumberKey,
    Outside,
    Rule,
    Set,
    StatefulMatch,
    Table,
    Verdict,
    VerdictElement,
)
from hairpin.netfilter.nft.render import render, render_rule
from hairpin.netfilter.nft.sets import UPDATED_BY_RULES

IPV4 = FieldMatch("nfproto", ((2, 2),))
TCP, TO_80 = FieldMatch("protocol", ((6, 6),)), FieldMatch("dport", ((80, 80),))
DROP = Verdict("drop")
PORTS = (NumberKey(80, 90),)

TABLE = Table(
    "inet", "t", "nft",
    (
        Chain("in", (
            Rule((TCP, TO_80, DROP), "", 1, packets=2, bytes=120),
            Rule((TCP, DROP), "meta mark vmap { 1 : drop, 2 : accept }", 2),
            Rule((TO_80, DROP), "meta mark vmap { 1 : drop, 2 : accept }", 2),
        ), "input", "filter", -5, "drop"),
        Chain("early", (), "ingress", "filter", -500, "accept", ("lo", "eth0")),
    ),
    (Set("ports", "inet_service", (Element(PORTS),)), Set("seen", "ipv4_addr", (), UPDATED_BY_RULES),
     Set("classes", "dscp . mark", ())),
    (Map("ways", "inet_service : verdict", (VerdictElement(PORTS, DROP),)),),
    objects=("counter web { packets 0 bytes 0 }",),
)  # fmt: skip
TEXT = """\
table inet t {
	counter web { packets 0 bytes 0 }
	set ports {
		type inet_service
		flags interval
		elements = { 80-90 }
	}
	set seen {
		type ipv4_addr
		flags dynamic,timeout
	}
	set classes {
		typeof ip dscp . meta mark
	}
	map ways {
		type inet_service : verdict
		flags interval
		elements = { 80-90 : drop }
	}
	chain in {
		type filter hook input priority -5; policy drop;
		meta l4proto == 6 th dport == 80 counter packets 2 bytes 120 drop
		meta mark vmap { 1 : drop, 2 : accept }
	}
	chain early {
		type filter hook ingress devices = { "lo", "eth0" } priority -500; policy accept;
	}
}
"""


def test_a_table() -> None:
    assert render(TABLE) == TEXT


RULES = {
    "what words say is not said twice": (
        (FieldMatch("dport", ((443, 443),)), NoEffect("counter", 'counter name tcp dport map { 443 : "web" }')),
        'counter name tcp dport map { 443 : "web" }',
    ),
    "limits inside a set's element": (
        (NoEffect("add @", "add @s { ip saddr limit rate 5/day }"), StatefulMatch("limit", "limit rate 5/day"), DROP),
        "add @s { ip saddr limit rate 5/day } drop",
    ),
    "a protocol before an address": (
        (IPV4, TCP, FieldMatch("saddr4", ((1, 1),)), TO_80),
        "meta nfproto == ipv4 ip protocol 6 ip saddr == 0.0.0.1 th dport == 80",
    ),
    "the family of a connection": ((FieldMatch("ct-direction", ((0, 1),)), IPV4, DROP), "ct l3proto ipv4 drop"),
    "a rule that is only words": ((IPV4, Outside("map", "meta nfproto ipv4 dnat to x map @y")),
                                  "meta nfproto ipv4 dnat to x map @y"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "text"), RULES.values(), ids=RULES)
def test_rule(body: tuple[FieldMatch | NoEffect | StatefulMatch | Verdict | Outside, ...], text: str) -> None:
    assert render_rule(body, TABLE) == text


WRONG = (
    Table("ip", "filter", "iptables-nft", ()),
    Table(
        "ip",
        "t",
        "nft",
        (),
        (Set("s", "ipv4_addr", (), message("{number} of its elements are not understood", number=2)),),
    ),
    Table("ip", "t", "nft", (), (Set("s", "dscp . time", ()),)),
)


@pytest.mark.parametrize("table", WRONG, ids=repr)
def test_statements_that_cannot_be_written_are_refused(table: Table) -> None:
    with pytest.raises(ChangeError, match="nftables"):
        render(table)
