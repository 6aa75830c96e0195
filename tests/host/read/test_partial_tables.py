"""A table that iptables shows in part: each chain and each rule comes from the tool that shows it whole."""

from hairpin.host.read.partial_tables import each_chain_once
from hairpin.netfilter.ir import Chain, Expression, FieldMatch, Jump, OpaqueMatch, Rule, SetMatch, Table, Verdict

LOCAL = Rule((OpaqueMatch("-m addrtype --dst-type LOCAL"), Jump("DOCKER")), "-m addrtype --dst-type LOCAL -j DOCKER", 1)
NAMED = Rule(
    (OpaqueMatch('xt match "addrtype"'), Jump("DOCKER")),
    'xt match "addrtype" jump DOCKER',
    1,
    handle=4,
    by_iptables=True,
)
ACCEPT = Rule((Verdict("accept"),), "accept", 1)
TO_HELP = Rule((Jump("help"),), "jump help", 1)

IPTABLES = Table("ip", "nat", "iptables-nft", (
    Chain("PREROUTING", (LOCAL,), "prerouting", "nat", -100, "accept"),
    Chain("OUTPUT", (), "output", "nat", -100, "accept"),
    Chain("DOCKER", ()), Chain("help", (ACCEPT,)),
))  # fmt: skip
NFT = Table("ip", "nat", "nft", (
    Chain("PREROUTING", (NAMED,), "prerouting", "nat", -100, "accept"),
    Chain("DOCKER", ()), Chain("help", (ACCEPT,)),
    Chain("own", (TO_HELP,), "prerouting", "nat", -101, "accept"),
))  # fmt: skip


def test_nft_adds_its_own_chains_and_those_to_which_they_lead() -> None:
    shown, native = each_chain_once([IPTABLES, NFT])
    assert shown is IPTABLES
    assert [chain.name for chain in native.chains] == ["help", "own"]


BLOCKED = Rule((SetMatch("blocked", ("saddr4",)), Verdict("drop")), "ip saddr @blocked drop", 2, handle=9)
TO_ONE: tuple[Expression, ...] = (FieldMatch("protocol", ((6, 6),)), FieldMatch("daddr4", ((7, 7),)), Verdict("accept"))
IN_OTHER_ORDER: tuple[Expression, ...] = (TO_ONE[1], TO_ONE[0], TO_ONE[2])


def test_a_rule_that_iptables_does_not_show_whole_is_nfts() -> None:
    """iptables 1.8.9 lists ``ip saddr @blocked drop`` as ``-j DROP``.  No rule of such a table may be deleted by its
    words in iptables: the table is nft's."""
    shown = Table("ip", "nat", "iptables-nft", (Chain("PREROUTING", (LOCAL, Rule((Verdict("drop"),), "-j DROP", 2))),))
    native = Table("ip", "nat", "nft", (Chain("PREROUTING", (NAMED, BLOCKED)),))
    (table,) = each_chain_once([shown, native])
    first, second = table.chains[0].rules
    assert table.dialect == "nft"
    assert (first.body, first.text, first.handle) == (LOCAL.body, NAMED.text, 4)
    assert second == BLOCKED


def test_a_rule_that_both_tools_show_alike_is_iptables_own() -> None:
    shown = Table("ip", "filter", "iptables-nft", (Chain("FORWARD", (Rule(TO_ONE, "-j ACCEPT", 1),)),))
    native = Table("ip", "filter", "nft", (Chain("FORWARD", (Rule(IN_OTHER_ORDER, "accept", 1, handle=3),)),))
    assert each_chain_once([shown, native]) == (shown,)


def test_where_the_two_disagree_nfts_listing_counts() -> None:
    shorter = Table("ip", "nat", "iptables-nft", (Chain("PREROUTING", (), "prerouting", "nat", -100, "accept"),))
    assert each_chain_once([shorter, NFT]) == (NFT,)


def test_other_tables_stay_as_they_are() -> None:
    legacy = Table("ip", "nat", "iptables-legacy", IPTABLES.chains)
    other = Table("ip6", "nat", "iptables-nft", IPTABLES.chains)
    assert each_chain_once([legacy, other, NFT]) == (legacy, other, NFT)
