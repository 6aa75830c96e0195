import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.render import Context, match_words, render, render_rule
from hairpin.netfilter.rule_address import IpFamily
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


def context(family: IpFamily = "ip", protocol: int | None = None, *used: str) -> Context:
    return Context(family, protocol, frozenset(used))


def said(match: ir.Match, where: Context) -> str:
    words = match_words(match, where)
    module = [] if words.module is None else ["-m", words.module]
    return " ".join([*module, *words.words, *words.tail])


HOST: ir.Ranges = ((0x0A000001, 0x0A000001),)
THREE: ir.Ranges = ((0x0A000001, 0x0A000003),)
NET: ir.Ranges = ((0x0A000000, 0x0AFFFFFF),)


def only(number: int) -> ir.Ranges:
    return ((number, number),)


WORDS: dict[str, tuple[ir.Match, Context]] = {
    "-s 10.0.0.1/32": (ir.FieldMatch("saddr4", HOST), context()),
    "! -d 10.0.0.0/8": (ir.FieldMatch("daddr4", NET, True), context()),
    "-s 10.0.0.1/255.0.0.255": (ir.FieldMatch("saddr4", HOST, mask=0xFF0000FF), context()),
    "-m iprange ! --dst-range 10.0.0.1-10.0.0.3": (ir.FieldMatch("daddr4", THREE, True), context()),
    "-m iprange --src-range 10.0.0.1-10.0.0.1": (ir.FieldMatch("saddr4", HOST), context("ip", None, "-s")),
    "-s fd00::/8": (ir.FieldMatch("saddr6", ((0xFD << 120, (0xFE << 120) - 1),)), context("ip6")),
    "! -p udp": (ir.FieldMatch("protocol", ((17, 17),), True), context()),
    "-p 47": (ir.FieldMatch("protocol", ((47, 47),)), context()),
    "! -f": (ir.FieldMatch("fragment", ((1, 1),), True), context()),
    "-m udp --dport 53": (ir.FieldMatch("dport", ((53, 53),)), context("ip", 17)),
    "-m multiport --sports 53,80:90": (ir.FieldMatch("sport", ((53, 53), (80, 90))), context("ip", 6)),
    "-m multiport --dports 53": (ir.FieldMatch("dport", ((53, 53),)), context("ip", 136)),
    "-m multiport ! --ports 53": (
        ir.AnyOfMatch((ir.FieldMatch("sport", ((53, 53),)), ir.FieldMatch("dport", ((53, 53),))), True),
        context("ip", 6),
    ),
    "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN": (ir.FieldMatch("tcp-flags", ((2, 2),), mask=23), context("ip", 6)),
    "-m icmp --icmp-type 3/4": (ir.FieldMatch("icmp", ((0x304, 0x304),)), context("ip", 1)),
    "-m icmp --icmp-type any": (ir.FieldMatch("icmp", ((0, 0xFFFF),)), context("ip", 1)),
    "-m icmp6 ! --icmpv6-type 135": (ir.FieldMatch("icmp6", ((0x8700, 0x87FF),), True), context("ip6", 58)),
    "-m mark ! --mark 0x1/0xff": (ir.FieldMatch("mark", ((1, 1),), True, 0xFF), context()),
    "-m connmark --mark 0x1": (ir.FieldMatch("ct-mark", ((1, 1),)), context()),
    "-m ttl ! --ttl-eq 64": (ir.FieldMatch("ttl", ((64, 64),), True), context()),
    "-m hl --hl-lt 5": (ir.FieldMatch("ttl", ((0, 4),)), context("ip6")),
    "-m ttl --ttl-gt 5": (ir.FieldMatch("ttl", ((6, 255),)), context()),
    "-m ttl --ttl-lt 0": (ir.FieldMatch("ttl", ()), context()),
    "-m length --length 0:500": (ir.FieldMatch("length", ((0, 500),)), context()),
    "-m pkttype ! --pkt-type broadcast": (ir.FieldMatch("pkttype", ((1, 1),), True), context()),
    "-m dscp --dscp 0x2e": (ir.FieldMatch("dscp", ((46, 46),)), context()),
    "-m tos --tos 0x10/0x3c": (ir.FieldMatch("dscp", ((4, 4),), mask=0x0F), context()),
    "-m ecn --ecn-ip-ect 2": (ir.FieldMatch("ecn", ((2, 2),)), context()),
    "-m tos ! --tos 0x10/0xff": (
        ir.AnyOfMatch((ir.FieldMatch("dscp", ((4, 4),), True), ir.FieldMatch("ecn", ((0, 0),), True))), context(),
    ),
    "-m mac --mac-source 02:42:ac:11:00:02": (ir.FieldMatch("smac", only(0x0242AC110002)), context()),
    "-m owner --uid-owner 0-5": (ir.FieldMatch("skuid", ((0, 5),)), context()),
    "-m owner ! --gid-owner 5": (ir.AnyOfMatch((ir.FieldMatch("skgid", ((5, 5),)),), True), context()),
    "-m policy --dir in --pol none": (ir.FieldMatch("ipsec-in", ((0, 0),)), context()),
    "-m policy --dir out --pol ipsec": (ir.FieldMatch("ipsec-out", ((0, 0),), True), context()),
    "-m conntrack ! --ctstate NEW,ESTABLISHED": (ir.FieldMatch("ct-state", ((2, 2), (8, 8)), True), context()),
    "-m conntrack --ctstate INVALID,DNAT": (
        ir.AnyOfMatch((ir.FieldMatch("ct-state", ((1, 1),)), ir.FieldMatch("ct-status", ((0, 0),), True, 32))),
        context(),
    ),
    "-m conntrack ! --ctstatus SEEN_REPLY,ASSURED": (ir.FieldMatch("ct-status", ((0, 0),), False, 6), context()),
    "-m conntrack --ctdir REPLY": (ir.FieldMatch("ct-direction", ((1, 1),)), context()),
    "-m conntrack --ctproto 6": (ir.FieldMatch("ct-protocol", ((6, 6),)), context()),
    "-m conntrack --ctorigdstport 80": (ir.FieldMatch("ct-orig-dport", ((80, 80),)), context()),
    "-m conntrack ! --ctreplsrc 10.0.0.0/8": (ir.FieldMatch("ct-repl-saddr4", NET, True), context()),
    "-m physdev ! --physdev-in veth+": (ir.NameMatch("physin", ("veth*",), True), context()),
    "-m physdev --physdev-is-bridged": (ir.NameMatch("physout", ("",), True), context()),
    "-m physdev ! --physdev-is-in": (ir.NameMatch("physin", ("",)), context()),
    "-i eth+": (ir.NameMatch("iif", ("eth*",)), context()),
    "-m set ! --match-set x src,dst": (ir.SetMatch("x", ("saddr4", "daddr4"), True), context()),
    "-m set --match-set x dst,dst": (ir.SetMatch("x", ("daddr4", "protocol", "dport")), context()),
    "-m set ! --match-set y src,src": (
        ir.AnyOfMatch((ir.SetMatch("y", ("saddr4", "protocol", "sport")),), True), context(),
    ),
    "-m addrtype ! --dst-type LOCAL --limit-iface-in": (ir.FibMatch("daddr", ("local",), True, "iif"), context()),
    "-m rpfilter --validmark --invert": (ir.ReversePathMatch(True, validmark=True), context()),
    "-m socket --transparent": (ir.SocketMatch(True), context()),
}  # fmt: skip


@each_row(("words", "case"), WORDS.items())
def test_match(words: str, case: tuple[ir.Match, Context]) -> None:
    assert said(*case) == words


TOO_MANY_PORTS: ir.Ranges = tuple((port, port) for port in range(16))
RENDER_MATCHES_REFUSED: dict[str, tuple[ir.Match, Context]] = {
    "another family's address": (ir.FieldMatch("saddr6", ((1, 1),)), context()),
    "two prefixes": (ir.FieldMatch("saddr4", (HOST[0], NET[0])), context()),
    "host bits outside of the mask": (ir.FieldMatch("saddr4", HOST, mask=0xFF000000), context()),
    "a mask for the second time": (ir.FieldMatch("saddr4", HOST, mask=0xFF0000FF), context("ip", None, "-s")),
    "protocol 0": (ir.FieldMatch("protocol", ((0, 0),)), context()),
    "a range of protocols": (ir.FieldMatch("protocol", ((1, 6),)), context()),
    "masked port": (ir.FieldMatch("dport", ((80, 80),), mask=0xFF), context("ip", 6)),
    "16 ports": (ir.FieldMatch("dport", TOO_MANY_PORTS), context("ip", 6)),
    "flags without TCP": (ir.FieldMatch("tcp-flags", ((2, 2),), mask=23), context()),
    "a range of types": (ir.FieldMatch("icmp", ((0x300, 0x500),)), context("ip", 1)),
    "TTL in the middle": (ir.FieldMatch("ttl", ((5, 9),)), context()),
    "any TTL": (ir.FieldMatch("ttl", ((0, 255),)), context()),
    "unknown packet type": (ir.FieldMatch("pkttype", ((9, 9),)), context()),
    "owner of a socket that has to be": (ir.FieldMatch("skuid", ((0, 0),), True), context()),
    "unknown state": (ir.FieldMatch("ct-state", ((3, 3),)), context()),
    "no state": (ir.FieldMatch("ct-state", ()), context()),
    "unknown status": (ir.FieldMatch("ct-status", ((0, 0),), True, 512), context()),
    "zone": (ir.FieldMatch("ct-zone", ((5, 5),)), context()),
    "EtherType": (ir.FieldMatch("ethertype", ((0x0800, 0x0800),)), context()),
    "several links": (ir.NameMatch("iif", ("a", "b")), context()),
    "EtherType in a set": (ir.SetMatch("x", ("ethertype",)), context()),
    "no socket": (ir.SocketMatch(negated=True), context()),
    "inline set": (ir.InlineSetMatch((ir.Element((ir.NumberKey(1, 1),)),), ("mark",)), context()),
    "unlike alternatives": (
        ir.AnyOfMatch((ir.FieldMatch("mark", ((1, 1),)), ir.FieldMatch("ttl", ((1, 1),)))),
        context(),
    ),
    "different ports": (
        ir.AnyOfMatch((ir.FieldMatch("sport", ((1, 1),)), ir.FieldMatch("dport", ((2, 2),)))),
        context("ip", 6),
    ),
}


@each_row("case", RENDER_MATCHES_REFUSED.values(), ids=RENDER_MATCHES_REFUSED)
def test_a_match_without_iptables_words_is_refused(case: tuple[ir.Match, Context]) -> None:
    with pytest.raises(ChangeError, match="write it for nftables"):
        match_words(*case)


def test_states_that_hold_without_a_connection_stand_alone() -> None:
    assert match_words(ir.FieldMatch("ct-state", ((1, 1),)), context()).alone
    assert not match_words(ir.FieldMatch("ct-state", ((8, 8),)), context()).alone
