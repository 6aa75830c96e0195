import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.render_targets import target_words
from hairpin.netfilter.rule_address import IpFamily

HOST = 0x0A000001
V6 = 0xFD << 120 | 1

WORDS: dict[str, tuple[ir.Statement, ...]] = {
    "": (),
    "-j ACCEPT": (ir.Verdict("accept"),),
    "-j MINE": (ir.Jump("MINE"),),
    "-g MINE": (ir.Jump("MINE", goto=True),),
    "-j REJECT --reject-with tcp-reset": (ir.Reject("tcp-reset"),),
    "-j DNAT --to-destination 10.0.0.1:80": (ir.Nat("dnat", (HOST, HOST), (80, 80), version=4),),
    "-j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random": (
        ir.Nat("dnat", (HOST, HOST + 4), (80, 90), ("random",), version=4),
    ),
    "-j DNAT --to-destination :80": (ir.Nat("dnat", None, (80, 80)),),
    "-j SNAT --to-source 10.0.0.1": (ir.Nat("snat", (HOST, HOST), version=4),),
    "-j MASQUERADE --to-ports 1024-2048 --random-fully": (ir.Nat("masquerade", None, (1024, 2048), ("random-fully",)),),
    "-j REDIRECT": (ir.Nat("redirect"),),
    "-j NETMAP --to 10.0.0.0/24": (ir.Nat("snat", (HOST - 1, HOST + 254), prefix=True, version=4),),
    "-j MARK --set-xmark 0x1/0xff": (ir.SetField("mark", 0xFFFFFF00, 1),),
    "-j CONNMARK --set-xmark 0x1/0xffffffff": (ir.SetField("ct-mark", 0, 1),),
    "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffffffff": (
        ir.SetField("ct-mark", 0, source="mark", source_mask=0xFF),
    ),
    "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xff": (
        ir.SetField("mark", 0, source="ct-mark", source_mask=0xFF),
    ),
    "-j DSCP --set-dscp 0x2e": (ir.SetField("dscp", 0, 46),),
    "-j TOS --set-tos 0x04/0x04": (ir.SetField("dscp", 0x3E, 1),),
    "-j TOS --set-tos 0x01/0x03": (ir.SetField("ecn", 0, 1),),
    "-j TOS --set-tos 0x10/0x3f": (ir.SetField("dscp", 0x30, 4), ir.SetField("ecn", 0, 0)),
    "-j TTL --ttl-set 64": (ir.SetField("ttl", 0, 64),),
    "-j CT --notrack": (ir.Notrack(),),
    "-j CT --zone 5 --helper ftp": (ir.SetZone(5), ir.NoEffect("CT", "--helper ftp")),
    "-j CT --helper ftp": (ir.SetZone(0), ir.NoEffect("CT", "--helper ftp")),
    '-j LOG --log-prefix "x: "': (ir.NoEffect("LOG", '--log-prefix "x: "'),),
    "-j NFQUEUE --queue-num 3": (ir.Outside("NFQUEUE", "--queue-num 3"),),
}


@pytest.mark.parametrize(("words", "statements"), WORDS.items())
def test_target(words: str, statements: tuple[ir.Statement, ...]) -> None:
    assert " ".join(target_words(statements, "ip")) == words


WORDS_V6: dict[str, ir.Statement] = {
    "-j DNAT --to-destination fd00::1": ir.Nat("dnat", (V6, V6), version=6),
    "-j DNAT --to-destination [fd00::1]:80": ir.Nat("dnat", (V6, V6), (80, 80), version=6),
    "-j DNAT --to-destination [fd00::1-fd00::2]:80-81": ir.Nat("dnat", (V6, V6 + 1), (80, 81), version=6),
    "-j DNAT --to-destination :80": ir.Nat("dnat", None, (80, 80)),
    "-j HL --hl-set 5": ir.SetField("ttl", 0, 5),
}


@pytest.mark.parametrize(("words", "statement"), WORDS_V6.items())
def test_target_of_ipv6(words: str, statement: ir.Statement) -> None:
    assert " ".join(target_words((statement,), "ip6")) == words


REFUSED: dict[str, tuple[tuple[ir.Statement, ...], IpFamily]] = {
    "two targets": ((ir.Verdict("drop"), ir.Verdict("drop")), "ip"),
    "CT and another": ((ir.Notrack(), ir.Verdict("drop")), "ip"),
    "icmpx": ((ir.Reject("icmpx-port-unreachable"),), "ip"),
    "another family's address": ((ir.Nat("dnat", (HOST, HOST), version=4),), "ip6"),
    "NETMAP to no prefix": ((ir.Nat("dnat", (1, 2), prefix=True, version=4),), "ip"),
    "NETMAP of both directions": ((ir.Outside("NETMAP", "source or destination"),), "ip"),
    "TTL counted": ((ir.SetField("ttl", 255, 1),), "ip"),
    "mark from the TTL": ((ir.SetField("mark", 0, source="ttl"),), "ip"),
    "a map of translations": ((ir.NatMap("dnat", ("dport",)),), "ip"),
    "a map of verdicts": ((ir.VerdictMap(("dport",)),), "ip"),
}


@pytest.mark.parametrize(("statements", "family"), REFUSED.values(), ids=REFUSED)
def test_a_statement_without_an_iptables_target_is_refused(
    statements: tuple[ir.Statement, ...], family: IpFamily
) -> None:
    with pytest.raises(ChangeError, match="write it for nftables"):
        target_words(statements, family)
