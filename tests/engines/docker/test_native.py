"""The notebook of nftables chains."""

from hairpin.engines.docker import nft_words as nft
from hairpin.engines.docker.native import BaseChain, JumpMap, NativeChains, NativeDraft

MAPS = (JumpMap("jumps", "in__"),)
OPEN = NativeDraft("in__br0", (nft.port("tcp", 80), *nft.behind_counter(nft.ACCEPT)), "accept", group=1)
LAST = NativeDraft("in__br0", nft.behind_counter(nft.DROP), "default-drop", group=2)


def started() -> NativeChains:
    chains = NativeChains("t")
    chains.start("ip", (BaseChain("forward", "filter", "forward", 0),), ("other",), MAPS)
    chains.join("ip", "br0", "net", MAPS)
    return chains


def test_chains_and_elements() -> None:
    chains = started()
    assert [one.chain for one in chains.chains()] == ["forward", "other", "in__br0"]
    (element,) = chains.elements()
    assert (element.map, element.device, element.target, element.network) == ("jumps", "br0", "in__br0", "net")


def test_a_later_rule_of_an_earlier_group_comes_first() -> None:
    chains = started()
    chains.add("ip", LAST)
    chains.add("ip", OPEN)
    assert [one.rule.text for one in chains.rules()] == ["tcp dport 80 counter accept", "counter drop"]


def test_an_open_port_is_not_opened_twice() -> None:
    chains = started()
    for draft in (OPEN, OPEN, LAST, LAST):
        chains.add("ip", draft)
    assert [one.purpose for one in chains.rules()] == ["accept", "default-drop", "default-drop"]


def test_a_comment_is_part_of_the_text() -> None:
    chains = started()
    chains.add("ip", NativeDraft("other", nft.behind_counter(nft.ACCEPT), "outgoing", comment="OUTGOING"))
    assert [one.rule.text for one in chains.rules()] == ['counter accept comment "OUTGOING"']
