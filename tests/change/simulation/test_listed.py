"""A rule's words as its tool lists them."""

from hairpin.change.change import InsertRule
from hairpin.change.simulation.listed import listed_rule, own_words
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Rule, Verdict
from tests.small_host import HOST_NETNS


def test_own_words() -> None:
    drop, native = (Rule((Verdict("drop"),), text, 1) for text in ("-A A -j DROP", "drop"))
    assert (own_words(drop, "A"), own_words(native, "A")) == ("-j DROP", "drop")


def test_a_rule_is_listed_with_the_words_that_iptables_adds() -> None:
    (read,) = parse(
        "*filter\n:A - [0:0]\n-A A -s 192.0.2.7/32 -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n",
        family="ip",
        dialect="iptables-nft",
        source="test",
    )
    chain = read.chain("A")
    assert chain is not None
    (rule,) = chain.rules
    typed = Rule(rule.body, "-A A -s 192.0.2.7 -p tcp --dport 80 -j DROP", 1)
    for each in (rule, typed):
        assert listed_rule(InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "A", each, 1)) == rule.text
