import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter import ir
from hairpin.netfilter.nft.render_matches import Context, match_text, settled_version
from tests.rows import each_row

LO_53 = ir.Element((ir.NameKey("lo"), ir.NumberKey(53, 53)))
INET = Context("inet", None)
MATCHES: dict[str, ir.Match] = {
    "th dport == 80": ir.FieldMatch("dport", ((80, 80),)),
    "ip saddr != 10.0.0.0-10.0.0.255": ir.FieldMatch("saddr4", ((0x0A000000, 0x0A0000FF),), negated=True),
    "meta mark & 255 == 16": ir.FieldMatch("mark", ((16, 16),), mask=255),
    "meta mark | 0xffffffdc == 0xffffffd8": ir.FieldMatch("mark", (), mask=35),
    "ct state & 8 != 0": ir.FieldMatch("ct-state", ((0, 0),), negated=True, mask=8),
    "ct state == { 2, 4 }": ir.FieldMatch("ct-state", ((2, 2), (4, 4))),
    "ct status == { 1, 2 }": ir.FieldMatch("ct-status", ((1, 2),)),
    "icmp type 8": ir.FieldMatch("icmp", ((0x800, 0x8FF),)),
    "icmp type . icmp code { 3 . 4 }": ir.FieldMatch("icmp", ((0x304, 0x304),)),
    "icmpv6 code == 4": ir.FieldMatch("icmp6", ((4, 4),), mask=0xFF),
    "ip frag-off & 0x1fff != 0": ir.FieldMatch("fragment", ((1, 1),)),
    "meta ipsec missing": ir.FieldMatch("ipsec-in", ((0, 0),)),
    "meta nfproto == ipv6": ir.FieldMatch("nfproto", ((10, 10),)),
    'iifname != "eth*"': ir.NameMatch("iif", ("eth*",), negated=True),
    'oifname { "lo", "eth0" }': ir.NameMatch("oif", ("lo", "eth0")),
    "oif 0": ir.NameMatch("oif", ("",)),
    "iif 7": ir.NameMatch("iif", ("index:7",)),
    "ip saddr . meta l4proto . th dport != @ports": ir.SetMatch("ports", ("saddr4", "protocol", "dport"), negated=True),
    'iifname . th dport { "lo" . 53 }': ir.InlineSetMatch((LO_53,), ("iif", "dport")),
    "fib daddr . iif type != { local, broadcast }": ir.FibMatch("daddr", ("local", "broadcast"), True, "iif"),
    "fib saddr . iif . mark oif missing": ir.ReversePathMatch(negated=True, validmark=True),
    "fib saddr oif exists": ir.ReversePathMatch(loose=True),
    "socket transparent 1": ir.SocketMatch(transparent=True, nowildcard=True),
    "socket wildcard 0": ir.SocketMatch(),
    "udp checksum 22": ir.OpaqueMatch("udp checksum 22"),
}


@each_row(("text", "match"), MATCHES.items())
def test_match(text: str, match: ir.Match) -> None:
    assert match_text(match, INET, None) == (text, False)


def test_two_matches_about_a_socket_are_one_expression() -> None:
    assert match_text(ir.SocketMatch(nowildcard=True), INET, ir.SocketMatch(negated=True)) == (
        "socket wildcard 1",
        True,
    )


REFUSED: tuple[ir.Match, ...] = (
    ir.SocketMatch(negated=True),
    ir.AnyOfMatch(()),
    ir.NameMatch("physin", ("eth0",)),
    ir.FieldMatch("dscp", ((8, 8),)),
    ir.ReversePathMatch(accept_local=True),
    ir.OpaqueMatch('xt match "bpf"'),
    ir.FieldMatch("dport", ()),
    ir.FieldMatch("icmp", ((0x300, 0x8FF), (0x901, 0xA00))),
    ir.FieldMatch("tcp-flags", ((0, 255),)),
)


@each_row("match", REFUSED, ids=repr)
def test_what_nft_cannot_say_is_refused(match: ir.Match) -> None:
    with pytest.raises(ChangeError, match="nftables"):
        match_text(match, INET, None)


def test_both_versions_have_names_of_their_own() -> None:
    dscp = ir.FieldMatch("dscp", ((8, 8),))
    assert match_text(dscp, Context("inet", 6), None) == ("ip6 dscp == 8", False)
    assert match_text(dscp, Context("ip", 4), None) == ("ip dscp == 8", False)


VERSIONS: dict[str, tuple[tuple[ir.Expression, ...], int | None]] = {
    "nothing": ((), None),
    "matched by nfproto": ((ir.FieldMatch("nfproto", ((10, 10),)),), 6),
    "ethertype": ((ir.FieldMatch("ethertype", ((0x800, 0x800),)),), 4),
    "an address": ((ir.FieldMatch("ct-orig-saddr6", ((1, 1),)),), 6),
    "negated": ((ir.FieldMatch("nfproto", ((2, 2),), negated=True),), None),
    "another field of that value": ((ir.FieldMatch("mark", ((2, 2),)),), None),
}


@each_row(("body", "version"), VERSIONS.values(), ids=VERSIONS)
def test_earlier_matches_decide_the_ip_version(body: tuple[ir.Expression, ...], version: int | None) -> None:
    assert settled_version("inet", body) == version
    assert settled_version("ip6", body) == 6
