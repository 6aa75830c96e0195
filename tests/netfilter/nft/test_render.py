import pytest

from hairpin.errors import ChangeError
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.nft.render import render, render_rule
from hairpin.netfilter.nft.sets import UPDATED_BY_RULES
from tests.rows import each_row

IPV4 = ir.FieldMatch("nfproto", ((2, 2),))
TCP, TO_80 = ir.FieldMatch("protocol", ((6, 6),)), ir.FieldMatch("dport", ((80, 80),))
DROP = ir.Verdict("drop")
PORTS = (ir.NumberKey(80, 90),)

TABLE = ir.Table(
    "inet", "t", "nft",
    (
        ir.Chain("in", (
            ir.Rule((TCP, TO_80, DROP), "", 1, packets=2, bytes=120),
            ir.Rule((TCP, DROP), "meta mark vmap { 1 : drop, 2 : accept }", 2),
            ir.Rule((TO_80, DROP), "meta mark vmap { 1 : drop, 2 : accept }", 2),
        ), "input", "filter", -5, "drop"),
        ir.Chain("early", (), "ingress", "filter", -500, "accept", ("lo", "eth0")),
    ),
    (ir.Set("ports", "inet_service", (ir.Element(PORTS),)), ir.Set("seen", "ipv4_addr", (), UPDATED_BY_RULES),
     ir.Set("classes", "dscp . mark", ())),
    (ir.Map("ways", "inet_service : verdict", (ir.VerdictElement(PORTS, DROP),)),),
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
        (ir.FieldMatch("dport", ((443, 443),)), ir.NoEffect("counter", 'counter name tcp dport map { 443 : "web" }')),
        'counter name tcp dport map { 443 : "web" }',
    ),
    "limits inside a set's element": (
        (
            ir.NoEffect("add @", "add @s { ip saddr limit rate 5/day }"),
            ir.StatefulMatch("limit", "limit rate 5/day"),
            DROP,
        ),
        "add @s { ip saddr limit rate 5/day } drop",
    ),
    "a protocol before an address": (
        (IPV4, TCP, ir.FieldMatch("saddr4", ((1, 1),)), TO_80),
        "meta nfproto == ipv4 ip protocol 6 ip saddr == 0.0.0.1 th dport == 80",
    ),
    "the family of a connection": ((ir.FieldMatch("ct-direction", ((0, 1),)), IPV4, DROP), "ct l3proto ipv4 drop"),
    "a rule that is only words": (
        (IPV4, ir.Outside("map", "meta nfproto ipv4 dnat to x map @y")),
        "meta nfproto ipv4 dnat to x map @y",
    ),
}


@each_row(("body", "text"), RULES.values(), ids=RULES)
def test_rule(
    body: tuple[ir.FieldMatch | ir.NoEffect | ir.StatefulMatch | ir.Verdict | ir.Outside, ...], text: str
) -> None:
    assert render_rule(body, TABLE) == text


WRONG = (
    ir.Table("ip", "filter", "iptables-nft", ()),
    ir.Table(
        "ip",
        "t",
        "nft",
        (),
        (ir.Set("s", "ipv4_addr", (), message("hairpin does not understand {number} elements of the set", number=2)),),
    ),
    ir.Table("ip", "t", "nft", (), (ir.Set("s", "dscp . time", ()),)),
)


@pytest.mark.parametrize("table", WRONG, ids=repr)
def test_statements_that_cannot_be_written_are_refused(table: ir.Table) -> None:
    with pytest.raises(ChangeError, match="nftables"):
        render(table)
