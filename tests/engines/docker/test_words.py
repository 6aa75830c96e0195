"""Pieces of rules in iptables-save's words."""

from ipaddress import IPv6Address

from hairpin.engines.docker import words
from hairpin.host.docker import PortBinding

V4, V6 = 0xAC110002, int(IPv6Address("2001:db8::2"))


def test_a_host_is_a_network_of_one() -> None:
    assert words.host("ip", V4) == "172.17.0.2/32"
    assert words.host("ip6", V6) == "2001:db8::2/128"


def test_an_ipv6_target_is_in_brackets() -> None:
    assert words.socket("ip", V4, 80) == "172.17.0.2:80"
    assert words.socket("ip6", V6, 80) == "[2001:db8::2]:80"


def test_a_protocol_brings_its_match() -> None:
    assert words.protocol(PortBinding("sctp", 1, 1)) == "-p sctp -m sctp"
