"""A typed rule means what the saved one means."""

from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row

WORDS: dict[str, tuple[IpFamily, str]] = {
    "port": ("ip", "-i eth0 -p tcp --dport 80 -j ACCEPT"),
    "single address": ("ip", "-d 203.0.113.11 -p udp --dport 80 -j DROP"),
    "single address of IPv6": ("ip6", "-s fd00::1 -p tcp --dport 80 -j DROP"),
    "network": ("ip", "-s 172.17.0.0/16 ! -o docker0 -j ACCEPT"),
    "state": ("ip", "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
    "another module": ("ip", "-p tcp -m multiport --dports 80,90 -j ACCEPT"),
    "protocol alone": ("ip6", "-p ipv6-icmp -j ACCEPT"),
}


@each_row(("family", "words"), WORDS.values(), ids=WORDS)
def test_short_words_are_kept_and_mean_the_same(family: IpFamily, words: str) -> None:
    text = f"*filter\n:X - [0:0]\n-A X {words}\nCOMMIT\n"
    (table,) = parse(text, family=family, dialect="iptables-nft", source="test")
    assert spelled(table.chains[0].rules[0].body, "X", family) == f"-A X {words}"
