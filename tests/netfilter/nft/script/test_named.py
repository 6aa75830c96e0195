"""What a rule names."""

from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.named import indexed_links, jump_targets, set_references
from hairpin.netfilter.nft.script.statements import rule
from hairpin.netfilter.nft.syntax import Json


def statements(text: str) -> Json:
    return [*rule(Cursor(text, "", {}))[0]]


def test_chains() -> None:
    found = jump_targets(statements("tcp dport vmap { 22 : jump a, 80 : goto b, 81 : accept } jump c"))
    assert list(found) == ["a", "b", "c"]


def test_sets() -> None:
    found = set_references(statements('ip saddr @one tcp dport vmap @two add @three { ip daddr } log prefix "@no"'))
    assert list(found) == ["one", "two", "three"]


def test_links_that_are_compared_by_index() -> None:
    found = indexed_links(
        statements('iif lo oif { eth0, eth1 } iifname "br0" iif . ip saddr vmap { eth2 . 1.1.1.1 : drop }')
    )
    assert list(found) == ["lo", "eth0", "eth1", "eth2"]
