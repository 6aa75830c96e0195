import pytest

from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.netfilter.ir import Chain, Dialect, Table, Verdict
from tests.netfilter.seen import rule

POLICIES: dict[str, tuple[Dialect, Chain, str]] = {
    "iptables": ("iptables-nft", Chain("FORWARD", (), "forward", policy="drop"), "-P FORWARD DROP"),
    "nft": ("nft", Chain("f", (), "forward", policy="drop"), "policy drop;"),
    "nft, not said": ("nft", Chain("f", (), "forward"), "policy accept;"),
}


@pytest.mark.parametrize(("dialect", "chain", "text"), POLICIES.values(), ids=POLICIES)
def test_place_of_a_policy_has_no_number(dialect: Dialect, chain: Chain, text: str) -> None:
    place = policy_place(Table("ip", "filter", dialect, (chain,), evidence="e1"), chain)
    assert (place.text, place.number, place.chain, place.evidence) == (text, 0, chain.name, "e1")


def test_place_of_a_rule_names_its_table_and_chain() -> None:
    drop = rule(Verdict("drop"), number=7)
    place = place_of(Table("inet", "t", "nft", (Chain("c", (drop,)),), evidence="e2"), "c", drop)
    assert (place.family, place.table, place.chain, place.number, place.evidence) == ("inet", "t", "c", 7, "e2")
