import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.render import render, render_rule
from tests.rows import each_row

TCP = ir.FieldMatch("protocol", ((6, 6),))
DROP = ir.Verdict("drop")

LINES: dict[str, tuple[ir.Expression, ...]] = {
    "-A FORWARD": (),
    "-A FORWARD -j DROP": (DROP,),
    "-A FORWARD -i br0 ! -o br0 -j DROP": (ir.NameMatch("iif", ("br0",)), ir.NameMatch("oif", ("br0",), True), DROP),
    "-A FORWARD -d 10.0.0.1/32 -p tcp -m tcp --sport 1:5 ! --dport 80 -j DROP": (
        ir.FieldMatch("daddr4", ((0x0A000001, 0x0A000001),)),
        TCP,
        ir.FieldMatch("sport", ((1, 5),)),
        ir.FieldMatch("dport", ((80, 80),), True),
        DROP,
    ),
    "-A FORWARD -s 10.0.0.0/24 -m iprange --src-range 10.0.0.5-10.0.0.9 -j DROP": (
        ir.FieldMatch("saddr4", ((0x0A000000, 0x0A0000FF),)),
        ir.FieldMatch("saddr4", ((0x0A000005, 0x0A000009),)),
        DROP,
    ),
    '-A FORWARD -m comment --comment "it\\\'s \\"here\\"" -j DROP': (ir.NoEffect("comment", 'it\'s "here"'), DROP),
    '-A FORWARD -m string --string "a b" --algo bm -m limit --limit 3/min -j LOG --log-prefix "x: "': (
        ir.OpaqueMatch('-m string --string "a b" --algo bm'),
        ir.StatefulMatch("limit", "-m limit --limit 3/min"),
        ir.NoEffect("LOG", '--log-prefix "x: "'),
    ),
    "-A FORWARD -m recent --set --name SSH -j DROP": (ir.NoEffect("recent", "-m recent --set --name SSH"), DROP),
}


@each_row(("line", "body"), LINES.items())
def test_rule(line: str, body: tuple[ir.Expression, ...]) -> None:
    assert render_rule(ir.Rule(body, "another text", 1), "FORWARD", "ip") == line


def test_table() -> None:
    input_chain = ir.Chain("INPUT", (ir.Rule((DROP,), "", 1, 0, None, 1, 60),), "input", "filter", 0, "drop", (), 5)
    table = ir.Table("ip", "filter", "iptables-nft", (input_chain, ir.Chain("MINE", (ir.Rule((), "", 1),))))
    assert render(table) == ("*filter\n:INPUT DROP [5:0]\n:MINE - [0:0]\n[1:60] -A INPUT -j DROP\n-A MINE\nCOMMIT\n")


def test_a_table_of_another_family_is_refused() -> None:
    with pytest.raises(ChangeError, match="families ip and ip6"):
        render(ir.Table("inet", "filter", "nft", ()))


REFUSED: dict[str, tuple[ir.Expression, ...]] = {
    "two targets": (DROP, DROP),
    "port without protocol": (ir.FieldMatch("dport", ((80, 80),)), DROP),
    "port of not TCP": (ir.FieldMatch("protocol", ((6, 6),), True), ir.FieldMatch("dport", ((80, 80),)), DROP),
    "two protocols": (TCP, TCP, DROP),
    "two links": (ir.NameMatch("iif", ("a",)), ir.NameMatch("iif", ("b",)), DROP),
    "no chain of its own for a map": (ir.NoEffect("LOG"), ir.Nat("redirect")),
}


@each_row("body", REFUSED.values(), ids=REFUSED)
def test_matches_that_one_rule_cannot_express_are_refused(body: tuple[ir.Expression, ...]) -> None:
    with pytest.raises(ChangeError, match="write it for nftables"):
        render_rule(ir.Rule(body, "", 1), "FORWARD", "ip")
