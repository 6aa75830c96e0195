"""A rule in nft's short words; parts without short words are rendered as usual."""

from hairpin.netfilter.ir import Expression, FieldMatch, NameMatch, Table, Verdict
from hairpin.netfilter.nft.spelled import ANSWERS, TRANSLATED, spelled
from tests.rows import each_row

TABLE = Table("inet", "t", "nft", ())
ACCEPT = Verdict("accept")

CASES: dict[str, tuple[tuple[Expression, ...], str]] = {
    "answers": ((ANSWERS, ACCEPT), "ct state established,related accept"),
    "translated": ((TRANSLATED, ACCEPT), "ct status dnat accept"),
    "neighbours": ((FieldMatch("protocol", ((58, 58),)), ACCEPT), "meta l4proto ipv6-icmp accept"),
    "links": ((NameMatch("iif", ("a",)), NameMatch("oif", ("b",)), ACCEPT), 'iifname "a" oifname "b" accept'),
    "port": ((FieldMatch("protocol", ((17, 17),)), FieldMatch("dport", ((53, 53),)), ACCEPT), "udp dport 53 accept"),
    "ports": (
        (FieldMatch("protocol", ((6, 6),)), FieldMatch("dport", ((53, 54),)), ACCEPT),
        "meta l4proto tcp th dport == 53-54 accept",
    ),
    "port of an answer": (
        (FieldMatch("protocol", ((6, 6),)), FieldMatch("sport", ((80, 80),)), ACCEPT),
        "tcp sport 80 accept",
    ),
    "an address": ((FieldMatch("saddr4", ((0xC000020A, 0xC000020A),)), ACCEPT), "ip saddr 192.0.2.10 accept"),
    "an address of IPv6": ((FieldMatch("daddr6", ((1, 1),)), ACCEPT), "ip6 daddr ::1 accept"),
    "addresses": ((FieldMatch("saddr4", ((1, 2),)), ACCEPT), "ip saddr == 0.0.0.1-0.0.0.2 accept"),
    "protocol alone": ((FieldMatch("protocol", ((6, 6),)), ACCEPT), "meta l4proto tcp accept"),
    "the port before the translation": (
        (FieldMatch("ct-direction", ((0, 0),)), FieldMatch("ct-orig-dport", ((8151, 8151),)), ACCEPT),
        "ct direction original ct original proto-dst 8151 accept",
    ),
    "not the protocol": (
        (FieldMatch("protocol", ((6, 6),), negated=True), FieldMatch("dport", ((53, 53),)), ACCEPT),
        "meta l4proto != 6 th dport == 53 accept",
    ),
}


@each_row(("body", "words"), CASES.values(), ids=CASES)
def test_words(body: tuple[Expression, ...], words: str) -> None:
    assert spelled(body, TABLE) == words
