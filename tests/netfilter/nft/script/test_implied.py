"""What nft adds to a rule."""

from hairpin.netfilter.ir import Family
from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.implied import with_implied
from hairpin.netfilter.nft.script.statements import rule
from tests.rows import each_row

CASES: dict[str, tuple[Family, str, str]] = {
    "IPv4 alone": ("inet", "ip saddr 10.0.0.1 reject", "ip saddr 10.0.0.1 reject with icmp port-unreachable"),
    "IPv6 alone": ("inet", "meta nfproto ipv6 reject", "meta nfproto ipv6 reject with icmpv6 port-unreachable"),
    "both": ("inet", "tcp dport 80 reject", "tcp dport 80 reject"),
    "not IPv4": ("inet", "meta nfproto != ipv4 reject", "meta nfproto != ipv4 reject"),
    "the table says it": ("ip", "ip saddr 10.0.0.1 reject", "ip saddr 10.0.0.1 reject"),
    "a reset": ("inet", "mark 1 reject with tcp reset", "meta l4proto tcp mark 1 reject with tcp reset"),
    "a reset of TCP": ("ip", "tcp dport != 2 reject with tcp reset", "tcp dport != 2 reject with tcp reset"),
    "a reset of TCP, asked for before": (
        "inet", "tcp dport 2 ip saddr != 1.1.1.1 reject with tcp reset",
        "tcp dport 2 ip saddr != 1.1.1.1 reject with tcp reset",
    ),
    "IPv4's answer": ("inet", "mark 1 reject with icmp 3", "meta nfproto ipv4 mark 1 reject with icmp 3"),
    "echoes": ("ip", "icmp id 5", "icmp type { echo-reply, echo-request } icmp id 5"),
    "the type is asked for": ("ip", "icmp type echo-reply icmp id 5", "icmp type echo-reply icmp id 5"),
}  # fmt: skip


@each_row(("family", "text", "expected"), CASES.values(), ids=CASES)
def test_with_implied(family: Family, text: str, expected: str) -> None:
    assert with_implied(rule(Cursor(text, "", {}))[0], family) == rule(Cursor(expected, "", {}))[0]
