import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter.ir import (
    FULL_MASK,
    Jump,
    Map,
    Nat,
    NatElement,
    NatMap,
    NoEffect,
    Notrack,
    NumberKey,
    Outside,
    Reject,
    SetField,
    SetZone,
    Statement,
    Verdict,
    VerdictElement,
    VerdictMap,
)
from hairpin.netfilter.nft.render_matches import Context
from hairpin.netfilter.nft.render_statements import statement_text

WEB, WEB6 = 0xAC110002, 0xFD << 120 | 2
PORT_80 = (NumberKey(80, 80),)
MAPS = {"m": Map("m", "inet_proto . inet_service : ipv4_addr . inet_service", ())}
STATEMENTS: dict[str, Statement] = {
    "accept": Verdict("accept"),
    "goto web": Jump("web", goto=True),
    "reject with icmp type prot-unreachable": Reject("icmp-proto-unreachable"),
    "reject with icmpv6 type admin-prohibited": Reject("icmp6-adm-prohibited"),
    "reject with icmpx type no-route": Reject("icmpx-no-route"),
    "reject with tcp reset": Reject("tcp-reset"),
    "dnat ip to 172.17.0.2:80 persistent": Nat("dnat", (WEB, WEB), (80, 80), ("persistent",), version=4),
    "dnat ip6 to [fd00::2]:80-90": Nat("dnat", (WEB6, WEB6), (80, 90), version=6),
    "snat ip prefix to 10.0.0.0/24": Nat("snat", (0x0A000000, 0x0A0000FF), prefix=True, version=4),
    "masquerade to :1024-65535 fully-random": Nat("masquerade", None, (1024, 65535), ("random-fully",)),
    "redirect to :8080": Nat("redirect", None, (8080, 8080)),
    "notrack": Notrack(),
    "ct zone set 5": SetZone(5),
    "meta mark set 7": SetField("mark", 0, 7),
    "meta mark set meta mark & 4278255615 ^ 4608": SetField("mark", 0xFF00FFFF, 0x1200),
    "meta mark set meta mark ^ 1": SetField("mark", FULL_MASK, 1),
    "ct mark set meta mark & 0xff": SetField("ct-mark", source="mark", source_mask=0xFF),
    "th dport vmap { 80 : accept, * : jump web }": VerdictMap(
        ("dport",), (VerdictElement(PORT_80, Verdict("accept")), VerdictElement((), Jump("web")))
    ),
    "iifname vmap @ways": VerdictMap(("iif",), map="ways"),
    "redirect to :th dport map { 80 : 81 }": NatMap("redirect", ("dport",), (NatElement(PORT_80, None, (81, 81)),)),
    "dnat ip addr . port to meta l4proto . th dport map @m": NatMap("dnat", ("protocol", "dport"), map="m"),
    "dnat ip to th dport map { 80 : 172.17.0.2 }": NatMap("dnat", ("dport",), (NatElement(PORT_80, (WEB, WEB)),)),
    'log prefix "x"': NoEffect("log", 'log prefix "x"'),
    "queue to 3": Outside("queue", "queue to 3"),
}


@pytest.mark.parametrize(("text", "statement"), STATEMENTS.items())
def test_statement(text: str, statement: Statement) -> None:
    assert statement_text(statement, Context("inet", None), MAPS) == text


REFUSED: tuple[Statement, ...] = (
    Nat("dnat", (WEB, WEB)), Outside("x", 'xt target "HMARK"'), NoEffect("x"), NatMap("dnat", ("dport",), map="gone"),
    NatMap("dnat", ("dport",)), SetField("dscp", 0, 8), Nat("snat", (1, 3), prefix=True, version=4), Reject("nothing"),
)  # fmt: skip


@pytest.mark.parametrize("statement", REFUSED, ids=repr)
def test_what_nft_cannot_say_is_refused(statement: Statement) -> None:
    with pytest.raises(ChangeError, match="nftables"):
        statement_text(statement, Context("inet", None), MAPS)
