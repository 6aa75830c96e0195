"""A table that iptables shows in part: each chain comes from the tool that shows it whole."""

from hairpin.host.read.partial_tables import each_chain_once
from hairpin.netfilter.ir import Chain, Jump, OpaqueMatch, Rule, Table, Verdict

LOCAL = Rule((OpaqueMatch("-m addrtype --dst-type LOCAL"), Jump("DOCKER")), "-m addrtype --dst-type LOCAL -j DOCKER", 1)
NAMED = Rule((OpaqueMatch('xt match "addrtype"'), Jump("DOCKER")), 'xt match "addrtype" jump DOCKER', 1)
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


def test_where_the_two_disagree_nfts_listing_counts() -> None:
    shorter = Table("ip", "nat", "iptables-nft", (Chain("PREROUTING", (), "prerouting", "nat", -100, "accept"),))
    assert each_chain_once([shorter, NFT]) == (NFT,)


def test_other_tables_stay_as_they_are() -> None:
    legacy = Table("ip", "nat", "iptables-legacy", IPTABLES.chains)
    other = Table("ip6", "nat", "iptables-nft", IPTABLES.chains)
    assert each_chain_once([legacy, other, NFT]) == (legacy, other, NFT)
