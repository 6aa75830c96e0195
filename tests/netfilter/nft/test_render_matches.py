import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter.ir import (
    AnyOfMatch,
    Element,
    Expression,
    FibMatch,
    FieldMatch,
    InlineSetMatch,
    Match,
    NameKey,
    NameMatch,
    NumberKey,
    OpaqueMatch,
    ReversePathMatch,
    SetMatch,
    SocketMatch,
)
from hairpin.netfilter.nft.render_matches import Context, match_text, settled_version

LO_53 = Element((NameKey("lo"), NumberKey(53, 53)))
INET = Context("inet", None)
MATCHES: dict[str, Match] = {
    "th dport == 80": FieldMatch("dport", ((80, 80),)),
    "ip saddr != 10.0.0.0-10.0.0.255": FieldMatch("saddr4", ((0x0A000000, 0x0A0000FF),), negated=True),
    "meta mark & 255 == 16": FieldMatch("mark", ((16, 16),), mask=255),
    "meta mark | 0xffffffdc == 0xffffffd8": FieldMatch("mark", (), mask=35),
    "ct state & 8 != 0": FieldMatch("ct-state", ((0, 0),), negated=True, mask=8),
    "ct state == { 2, 4 }": FieldMatch("ct-state", ((2, 2), (4, 4))),
    "ct status == { 1, 2 }": FieldMatch("ct-status", ((1, 2),)),
    "icmp type 8": FieldMatch("icmp", ((0x800, 0x8FF),)),
    "icmp type . icmp code { 3 . 4 }": FieldMatch("icmp", ((0x304, 0x304),)),
    "icmpv6 code == 4": FieldMatch("icmp6", ((4, 4),), mask=0xFF),
    "ip frag-off & 0x1fff != 0": FieldMatch("fragment", ((1, 1),)),
    "meta ipsec missing": FieldMatch("ipsec-in", ((0, 0),)),
    "meta nfproto == ipv6": FieldMatch("nfproto", ((10, 10),)),
    'iifname != "eth*"': NameMatch("iif", ("eth*",), negated=True),
    'oifname { "lo", "eth0" }': NameMatch("oif", ("lo", "eth0")),
    "oif 0": NameMatch("oif", ("",)),
    "iif 7": NameMatch("iif", ("index:7",)),
    "ip saddr . meta l4proto . th dport != @ports": SetMatch("ports", ("saddr4", "protocol", "dport"), negated=True),
    'iifname . th dport { "lo" . 53 }': InlineSetMatch((LO_53,), ("iif", "dport")),
    "fib daddr . iif type != { local, broadcast }": FibMatch("daddr", ("local", "broadcast"), True, "iif"),
    "fib saddr . iif . mark oif missing": ReversePathMatch(negated=True, validmark=True),
    "fib saddr oif exists": ReversePathMatch(loose=True),
    "socket transparent 1": SocketMatch(transparent=True, nowildcard=True),
    "socket wildcard 0": SocketMatch(),
    "udp checksum 22": OpaqueMatch("udp checksum 22"),
}


@pytest.mark.parametrize(("text", "match"), MATCHES.items())
def test_match(text: str, match: Match) -> None:
    assert match_text(match, INET, None) == (text, False)


def test_two_matches_about_a_socket_are_one_expression() -> None:
    assert match_text(SocketMatch(nowildcard=True), INET, SocketMatch(negated=True)) == ("socket wildcard 1", True)


REFUSED: tuple[Match, ...] = (
    SocketMatch(negated=True), AnyOfMatch(()), NameMatch("physin", ("eth0",)), FieldMatch("dscp", ((8, 8),)),
    ReversePathMatch(accept_local=True), OpaqueMatch('xt match "bpf"'), FieldMatch("dport", ()),
    FieldMatch("icmp", ((0x300, 0x8FF), (0x901, 0xA00))), FieldMatch("tcp-flags", ((0, 255),)),
)  # fmt: skip


@pytest.mark.parametrize("match", REFUSED, ids=repr)
def test_what_nft_cannot_say_is_refused(match: Match) -> None:
    with pytest.raises(ChangeError, match="nftables"):
        match_text(match, INET, None)


def test_both_versions_have_names_of_their_own() -> None:
    dscp = FieldMatch("dscp", ((8, 8),))
    assert match_text(dscp, Context("inet", 6), None) == ("ip6 dscp == 8", False)
    assert match_text(dscp, Context("ip", 4), None) == ("ip dscp == 8", False)


VERSIONS: dict[str, tuple[tuple[Expression, ...], int | None]] = {
    "nothing": ((), None),
    "matched by nfproto": ((FieldMatch("nfproto", ((10, 10),)),), 6),
    "ethertype": ((FieldMatch("ethertype", ((0x800, 0x800),)),), 4),
    "an address": ((FieldMatch("ct-orig-saddr6", ((1, 1),)),), 6),
    "negated": ((FieldMatch("nfproto", ((2, 2),), negated=True),), None),
    "another field of that value": ((FieldMatch("mark", ((2, 2),)),), None),
}


@pytest.mark.parametrize(("body", "version"), VERSIONS.values(), ids=VERSIONS)
def test_earlier_matches_decide_the_ip_version(body: tuple[Expression, ...], version: int | None) -> None:
    assert settled_version("inet", body) == version
    assert settled_version("ip6", body) == 6
