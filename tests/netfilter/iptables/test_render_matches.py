import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter.iptables.render_matches import Context, Words, match_words, tos_pair
from hairpin.netfilter.ir import (
    AnyOfMatch,
    Element,
    FibMatch,
    FieldMatch,
    InlineSetMatch,
    Match,
    NameMatch,
    NumberKey,
    Ranges,
    ReversePathMatch,
    SetMatch,
    SocketMatch,
)
from hairpin.netfilter.rule_address import IpFamily


def context(family: IpFamily = "ip", protocol: int | None = None, *used: str) -> Context:
    return Context(family, protocol, frozenset(used))


def said(match: Match, where: Context) -> str:
    words = match_words(match, where)
    module = [] if words.module is None else ["-m", words.module]
    return " ".join([*module, *words.words, *words.tail])


HOST: Ranges = ((0x0A000001, 0x0A000001),)
THREE: Ranges = ((0x0A000001, 0x0A000003),)
NET: Ranges = ((0x0A000000, 0x0AFFFFFF),)


def only(number: int) -> Ranges:
    return ((number, number),)


WORDS: dict[str, tuple[Match, Context]] = {
    "-s 10.0.0.1/32": (FieldMatch("saddr4", HOST), context()),
    "! -d 10.0.0.0/8": (FieldMatch("daddr4", NET, True), context()),
    "-s 10.0.0.1/255.0.0.255": (FieldMatch("saddr4", HOST, mask=0xFF0000FF), context()),
    "-m iprange ! --dst-range 10.0.0.1-10.0.0.3": (FieldMatch("daddr4", THREE, True), context()),
    "-m iprange --src-range 10.0.0.1-10.0.0.1": (FieldMatch("saddr4", HOST), context("ip", None, "-s")),
    "-s fd00::/8": (FieldMatch("saddr6", ((0xFD << 120, (0xFE << 120) - 1),)), context("ip6")),
    "! -p udp": (FieldMatch("protocol", ((17, 17),), True), context()),
    "-p 47": (FieldMatch("protocol", ((47, 47),)), context()),
    "! -f": (FieldMatch("fragment", ((1, 1),), True), context()),
    "-m udp --dport 53": (FieldMatch("dport", ((53, 53),)), context("ip", 17)),
    "-m multiport --sports 53,80:90": (FieldMatch("sport", ((53, 53), (80, 90))), context("ip", 6)),
    "-m multiport --dports 53": (FieldMatch("dport", ((53, 53),)), context("ip", 136)),
    "-m multiport ! --ports 53": (
        AnyOfMatch((FieldMatch("sport", ((53, 53),)), FieldMatch("dport", ((53, 53),))), True), context("ip", 6),
    ),
    "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN": (FieldMatch("tcp-flags", ((2, 2),), mask=23), context("ip", 6)),
    "-m icmp --icmp-type 3/4": (FieldMatch("icmp", ((0x304, 0x304),)), context("ip", 1)),
    "-m icmp --icmp-type any": (FieldMatch("icmp", ((0, 0xFFFF),)), context("ip", 1)),
    "-m icmp6 ! --icmpv6-type 135": (FieldMatch("icmp6", ((0x8700, 0x87FF),), True), context("ip6", 58)),
    "-m mark ! --mark 0x1/0xff": (FieldMatch("mark", ((1, 1),), True, 0xFF), context()),
    "-m connmark --mark 0x1": (FieldMatch("ct-mark", ((1, 1),)), context()),
    "-m ttl ! --ttl-eq 64": (FieldMatch("ttl", ((64, 64),), True), context()),
    "-m hl --hl-lt 5": (FieldMatch("ttl", ((0, 4),)), context("ip6")),
    "-m ttl --ttl-gt 5": (FieldMatch("ttl", ((6, 255),)), context()),
    "-m ttl --ttl-lt 0": (FieldMatch("ttl", ()), context()),
    "-m length --length 0:500": (FieldMatch("length", ((0, 500),)), context()),
    "-m pkttype ! --pkt-type broadcast": (FieldMatch("pkttype", ((1, 1),), True), context()),
    "-m dscp --dscp 0x2e": (FieldMatch("dscp", ((46, 46),)), context()),
    "-m tos --tos 0x10/0x3c": (FieldMatch("dscp", ((4, 4),), mask=0x0F), context()),
    "-m ecn --ecn-ip-ect 2": (FieldMatch("ecn", ((2, 2),)), context()),
    "-m tos ! --tos 0x10/0xff": (
        AnyOfMatch((FieldMatch("dscp", ((4, 4),), True), FieldMatch("ecn", ((0, 0),), True))), context(),
    ),
    "-m mac --mac-source 02:42:ac:11:00:02": (FieldMatch("smac", only(0x0242AC110002)), context()),
    "-m owner --uid-owner 0-5": (FieldMatch("skuid", ((0, 5),)), context()),
    "-m owner ! --gid-owner 5": (AnyOfMatch((FieldMatch("skgid", ((5, 5),)),), True), context()),
    "-m policy --dir in --pol none": (FieldMatch("ipsec-in", ((0, 0),)), context()),
    "-m policy --dir out --pol ipsec": (FieldMatch("ipsec-out", ((0, 0),), True), context()),
    "-m conntrack ! --ctstate NEW,ESTABLISHED": (FieldMatch("ct-state", ((2, 2), (8, 8)), True), context()),
    "-m conntrack --ctstate INVALID,DNAT": (
        AnyOfMatch((FieldMatch("ct-state", ((1, 1),)), FieldMatch("ct-status", ((0, 0),), True, 32))), context(),
    ),
    "-m conntrack ! --ctstatus SEEN_REPLY,ASSURED": (FieldMatch("ct-status", ((0, 0),), False, 6), context()),
    "-m conntrack --ctdir REPLY": (FieldMatch("ct-direction", ((1, 1),)), context()),
    "-m conntrack --ctproto 6": (FieldMatch("ct-protocol", ((6, 6),)), context()),
    "-m conntrack --ctorigdstport 80": (FieldMatch("ct-orig-dport", ((80, 80),)), context()),
    "-m conntrack ! --ctreplsrc 10.0.0.0/8": (FieldMatch("ct-repl-saddr4", NET, True), context()),
    "-m physdev ! --physdev-in veth+": (NameMatch("physin", ("veth*",), True), context()),
    "-m physdev --physdev-is-bridged": (NameMatch("physout", ("",), True), context()),
    "-m physdev ! --physdev-is-in": (NameMatch("physin", ("",)), context()),
    "-i eth+": (NameMatch("iif", ("eth*",)), context()),
    "-m set ! --match-set x src,dst": (SetMatch("x", ("saddr4", "daddr4"), True), context()),
    "-m set --match-set x dst,dst": (SetMatch("x", ("daddr4", "protocol", "dport")), context()),
    "-m set ! --match-set y src,src": (
        AnyOfMatch((SetMatch("y", ("saddr4", "protocol", "sport")),), True), context(),
    ),
    "-m addrtype ! --dst-type LOCAL --limit-iface-in": (FibMatch("daddr", ("local",), True, "iif"), context()),
    "-m rpfilter --validmark --invert": (ReversePathMatch(True, validmark=True), context()),
    "-m socket --transparent": (SocketMatch(True), context()),
}  # fmt: skip


@pytest.mark.parametrize(("words", "case"), WORDS.items())
def test_match(words: str, case: tuple[Match, Context]) -> None:
    assert said(*case) == words


TOO_MANY_PORTS: Ranges = tuple((port, port) for port in range(16))
REFUSED: dict[str, tuple[Match, Context]] = {
    "another family's address": (FieldMatch("saddr6", ((1, 1),)), context()),
    "two prefixes": (FieldMatch("saddr4", (HOST[0], NET[0])), context()),
    "host bits outside of the mask": (FieldMatch("saddr4", HOST, mask=0xFF000000), context()),
    "a mask for the second time": (FieldMatch("saddr4", HOST, mask=0xFF0000FF), context("ip", None, "-s")),
    "protocol 0": (FieldMatch("protocol", ((0, 0),)), context()),
    "a range of protocols": (FieldMatch("protocol", ((1, 6),)), context()),
    "masked port": (FieldMatch("dport", ((80, 80),), mask=0xFF), context("ip", 6)),
    "16 ports": (FieldMatch("dport", TOO_MANY_PORTS), context("ip", 6)),
    "flags without TCP": (FieldMatch("tcp-flags", ((2, 2),), mask=23), context()),
    "a range of types": (FieldMatch("icmp", ((0x300, 0x500),)), context("ip", 1)),
    "TTL in the middle": (FieldMatch("ttl", ((5, 9),)), context()),
    "any TTL": (FieldMatch("ttl", ((0, 255),)), context()),
    "unknown packet type": (FieldMatch("pkttype", ((9, 9),)), context()),
    "owner of a socket that has to be": (FieldMatch("skuid", ((0, 0),), True), context()),
    "unknown state": (FieldMatch("ct-state", ((3, 3),)), context()),
    "no state": (FieldMatch("ct-state", ()), context()),
    "unknown status": (FieldMatch("ct-status", ((0, 0),), True, 512), context()),
    "zone": (FieldMatch("ct-zone", ((5, 5),)), context()),
    "EtherType": (FieldMatch("ethertype", ((0x0800, 0x0800),)), context()),
    "several links": (NameMatch("iif", ("a", "b")), context()),
    "EtherType in a set": (SetMatch("x", ("ethertype",)), context()),
    "no socket": (SocketMatch(negated=True), context()),
    "inline set": (InlineSetMatch((Element((NumberKey(1, 1),)),), ("mark",)), context()),
    "unlike alternatives": (AnyOfMatch((FieldMatch("mark", ((1, 1),)), FieldMatch("ttl", ((1, 1),)))), context()),
    "different ports": (AnyOfMatch((FieldMatch("sport", ((1, 1),)), FieldMatch("dport", ((2, 2),)))), context("ip", 6)),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_match_without_iptables_words_is_refused(case: tuple[Match, Context]) -> None:
    with pytest.raises(ChangeError, match="write it for nftables"):
        match_words(*case)


def test_states_that_hold_without_a_connection_stand_alone() -> None:
    assert match_words(FieldMatch("ct-state", ((1, 1),)), context()).alone
    assert not match_words(FieldMatch("ct-state", ((8, 8),)), context()).alone


def test_one_tos_says_dscp_and_ecn() -> None:
    dscp, ecn = FieldMatch("dscp", ((4, 4),)), FieldMatch("ecn", ((1, 1),))
    assert tos_pair(dscp, ecn) == Words("tos", ("--tos", "0x11/0xff"), alone=True)
    assert tos_pair(dscp, None) is None
    assert tos_pair(ecn, dscp) is None
