"""What a chain holds of a rule before each edit."""

from hairpin.change.change import AddChain, DeleteRule, InsertRule, RuleEdit
from hairpin.change.commands.held import Held, held_before
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Rule, Table, Verdict
from tests.rows import each_row
from tests.small_host import HOST_NETNS

(TABLE,) = parse(
    "*filter\n:A - [0:0]\n-A A -i eth1 -j DROP\n-A A -i eth0 -j DROP\n-A A -j DROP\n-A A -j DROP\nCOMMIT\n",
    family="ip",
    dialect="iptables-nft",
    source="test",
)
BLIND = "iptables v1.8.11 (nf_tables)"


def deletion(number: int) -> DeleteRule:
    chain = TABLE.chain("A")
    assert chain is not None
    return DeleteRule(HOST_NETNS, Place("iptables-nft", "ip", "filter", "A", number, chain.rules[number - 1].text))


def insertion(text: str, position: int | None = 1) -> InsertRule:
    return InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "A", Rule((Verdict("drop"),), text, 1), position)


CASES: dict[str, tuple[tuple[RuleEdit, ...], str | None, tuple[Held, ...]]] = {
    "the only one": ((deletion(2),), None, (Held(1),)),
    "the first of two": ((deletion(3),), None, (Held(2),)),
    "the second of two": ((deletion(4),), None, (Held(2, is_first=False),)),
    "both": ((deletion(3), deletion(3)), None, (Held(2), Held(1))),
    "another interface's, for iptables 1.8.11": ((deletion(2),), BLIND, (Held(1, is_first=False),)),
    "the first interface's, for iptables 1.8.11": ((deletion(1),), BLIND, (Held(1),)),
    "a new rule": ((insertion("-A A -j LOG"),), None, (Held(0),)),
    "a rule that is there twice": ((insertion("-A A -j DROP"), insertion("-A A -j DROP")), None, (Held(2), Held(3))),
}


@each_row(("edits", "version", "expected"), CASES.values(), ids=CASES)
def test_before_each_edit(edits: tuple[RuleEdit, ...], version: str | None, expected: tuple[Held, ...]) -> None:
    assert held_before(edits, TABLE, version) == expected


def test_a_table_that_is_not_there() -> None:
    chain = AddChain(HOST_NETNS, "nft", "inet", "t", "new")
    assert held_before((chain,), None, None) == (Held(has_table=False),)
    assert held_before((chain,), Table("inet", "t", "nft", ()), None) == (Held(),)
