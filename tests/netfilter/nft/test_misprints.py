"""What nft 1.0.6 lists for a rule with a prefix, of which the kernel compares as many bytes as it has; and a rule that
it lists without what it needs to read it."""

import pytest

from hairpin.netfilter.nft.misprints import as_loaded, as_typed
from hairpin.netfilter.nft.syntax import Json

SADDR: Json = {"ct": {"key": "saddr", "dir": "original"}}


@pytest.mark.parametrize(
    ("listed", "family", "loaded"),
    (
        ("0.0.10.100", "ip", {"prefix": {"addr": "10.100.0.0", "len": 16}}),
        ("0.0.0.10", "ip", {"prefix": {"addr": "10.0.0.0", "len": 8}}),
        ("0.192.0.2", "ip", {"prefix": {"addr": "192.0.2.0", "len": 24}}),
        ("10.100.0.1", "ip", "10.100.0.1"),
        ("0.0.0.0", "ip", "0.0.0.0"),
        ("::32.1.13.184", "ip6", {"prefix": {"addr": "2001:db8::", "len": 32}}),
        ("::2001:db8:1:2", "ip6", {"prefix": {"addr": "2001:db8:1:2::", "len": 64}}),
        ("::fd", "ip6", {"prefix": {"addr": "fd00::", "len": 8}}),
        ("2001:db8::1", "ip6", "2001:db8::1"),
        ({"prefix": {"addr": "10.100.3.0", "len": 25}}, "ip", {"prefix": {"addr": "10.100.3.0", "len": 25}}),
        ({"range": ["2001:db8::1", "2001:db8::9"]}, "ip6", {"range": ["2001:db8::1", "2001:db8::9"]}),
    ),
)
def test_a_listed_address_is_the_prefix_that_the_kernel_compares(listed: Json, family: str, loaded: Json) -> None:
    assert as_loaded(SADDR, listed) == ({"ct": {"key": f"{family} saddr", "dir": "original"}}, loaded)


@pytest.mark.parametrize("listed", ("::1", "::64:ff9b:0:0", "::6401"))
def test_an_address_that_may_be_itself_or_a_prefix_is_not_decided(listed: str) -> None:
    assert as_loaded(SADDR, listed) is None


@pytest.mark.parametrize(
    "left", ({"ct": {"key": "ip saddr", "dir": "original"}}, {"ct": {"key": "mark"}}, {"meta": {"key": "mark"}}, 5)
)
def test_other_expressions_stay(left: Json) -> None:
    assert as_loaded(left, "0.0.10.100") == (left, "0.0.10.100")


@pytest.mark.parametrize(
    ("listed", "typed"),
    (
        (
            "ct reply proto-src 80 tcp dport != 443 accept",
            "meta l4proto tcp ct reply proto-src 80 tcp dport != 443 accept",
        ),
        ("tcp dport 443 ct reply proto-src 80 accept", "tcp dport 443 ct reply proto-src 80 accept"),
        ("meta l4proto udp ct original proto-dst 53 drop", "meta l4proto udp ct original proto-dst 53 drop"),
        ('ct original proto-dst 53 drop comment "tcp 1"', 'ct original proto-dst 53 drop comment "tcp 1"'),
        ("tcp dport 443 accept", "tcp dport 443 accept"),
    ),
)
def test_a_listed_rule_is_typed_so_that_nft_reads_it(listed: str, typed: str) -> None:
    assert as_typed(listed, "inet") == typed


@pytest.mark.parametrize(
    ("listed", "typed"),
    (
        ("ip6 ecn != not-ect counter reject", "ip6 ecn != not-ect counter reject with icmpx type port-unreachable"),
        (
            'meta nfproto ipv6 reject comment "reject"',
            'meta nfproto ipv6 reject with icmpx type port-unreachable comment "reject"',
        ),
        ("tcp dport 22 reject", "tcp dport 22 reject"),
        ('tcp dport 22 reject comment "ip"', 'tcp dport 22 reject comment "ip"'),
        ("ip6 saddr ::1 reject with icmpv6 no-route", "ip6 saddr ::1 reject with icmpv6 no-route"),
    ),
)
def test_a_bare_reject_of_both_families_stays_one_of_both(listed: str, typed: str) -> None:
    assert as_typed(listed, "inet") == typed


def test_a_bare_reject_of_one_family_is_typed_as_it_is_listed() -> None:
    assert as_typed("ip saddr 192.0.2.1 reject", "ip") == "ip saddr 192.0.2.1 reject"
