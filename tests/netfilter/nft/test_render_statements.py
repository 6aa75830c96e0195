import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter import ir
from hairpin.netfilter.nft.render_matches import Context
from hairpin.netfilter.nft.render_statements import statement_text
from tests.rows import each_row

WEB, WEB6 = 0xAC110002, 0xFD << 120 | 2
PORT_80 = (ir.NumberKey(80, 80),)
MAPS = {"m": ir.Map("m", "inet_proto . inet_service : ipv4_addr . inet_service", ())}
STATEMENTS: dict[str, ir.Statement] = {
    "accept": ir.Verdict("accept"),
    "goto web": ir.Jump("web", goto=True),
    "reject with icmp type prot-unreachable": ir.Reject("icmp-proto-unreachable"),
    "reject with icmpv6 type admin-prohibited": ir.Reject("icmp6-adm-prohibited"),
    "reject with icmpx type no-route": ir.Reject("icmpx-no-route"),
    "reject with tcp reset": ir.Reject("tcp-reset"),
    "dnat ip to 172.17.0.2:80 persistent": ir.Nat("dnat", (WEB, WEB), (80, 80), ("persistent",), version=4),
    "dnat ip6 to [fd00::2]:80-90": ir.Nat("dnat", (WEB6, WEB6), (80, 90), version=6),
    "snat ip prefix to 10.0.0.0/24": ir.Nat("snat", (0x0A000000, 0x0A0000FF), prefix=True, version=4),
    "masquerade to :1024-65535 fully-random": ir.Nat("masquerade", None, (1024, 65535), ("random-fully",)),
    "redirect to :8080": ir.Nat("redirect", None, (8080, 8080)),
    "notrack": ir.Notrack(),
    "ct zone set 5": ir.SetZone(5),
    "meta mark set 7": ir.SetField("mark", 0, 7),
    "meta mark set meta mark & 4278255615 ^ 4608": ir.SetField("mark", 0xFF00FFFF, 0x1200),
    "meta mark set meta mark ^ 1": ir.SetField("mark", ir.FULL_MASK, 1),
    "ct mark set meta mark & 0xff": ir.SetField("ct-mark", source="mark", source_mask=0xFF),
    "th dport vmap { 80 : accept, * : jump web }": ir.VerdictMap(
        ("dport",), (ir.VerdictElement(PORT_80, ir.Verdict("accept")), ir.VerdictElement((), ir.Jump("web")))
    ),
    "iifname vmap @ways": ir.VerdictMap(("iif",), map="ways"),
    "redirect to :th dport map { 80 : 81 }": ir.NatMap(
        "redirect", ("dport",), (ir.NatElement(PORT_80, None, (81, 81)),)
    ),
    "dnat ip addr . port to meta l4proto . th dport map @m": ir.NatMap("dnat", ("protocol", "dport"), map="m"),
    "dnat ip to th dport map { 80 : 172.17.0.2 }": ir.NatMap("dnat", ("dport",), (ir.NatElement(PORT_80, (WEB, WEB)),)),
    'log prefix "x"': ir.NoEffect("log", 'log prefix "x"'),
    "queue to 3": ir.Outside("queue", "queue to 3"),
}


@each_row(("text", "statement"), STATEMENTS.items())
def test_statement(text: str, statement: ir.Statement) -> None:
    assert statement_text(statement, Context("inet", None), MAPS) == text


REFUSED: tuple[ir.Statement, ...] = (
    ir.Nat("dnat", (WEB, WEB)),
    ir.Outside("x", 'xt target "HMARK"'),
    ir.NoEffect("x"),
    ir.NatMap("dnat", ("dport",), map="gone"),
    ir.NatMap("dnat", ("dport",)),
    ir.SetField("dscp", 0, 8),
    ir.Nat("snat", (1, 3), prefix=True, version=4),
    ir.Reject("nothing"),
)


@each_row("statement", REFUSED, ids=repr)
def test_what_nft_cannot_say_is_refused(statement: ir.Statement) -> None:
    with pytest.raises(ChangeError, match="nftables"):
        statement_text(statement, Context("inet", None), MAPS)
