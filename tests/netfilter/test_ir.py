from hairpin.netfilter.ir import Chain, Ruleset, Table

DOCKER = Chain("DOCKER", ())
NAT = Table("ip", "nat", "iptables-nft", (Chain("PREROUTING", (), "prerouting", "nat"), DOCKER))
LEGACY = Table("ip", "nat", "iptables-legacy", ())
NAT6 = Table("ip6", "nat", "iptables-nft", ())
RULES = Ruleset((NAT, LEGACY, NAT6))


def test_chain_by_name() -> None:
    assert NAT.chain("DOCKER") is DOCKER
    assert NAT.chain("docker") is None


def test_table_by_family_name_and_dialect() -> None:
    assert RULES.table("ip", "nat") is NAT
    assert RULES.table("ip", "nat", "iptables-legacy") is LEGACY
    assert RULES.table("ip6", "nat") is NAT6
    assert RULES.table("ip6", "nat", "iptables-legacy") is None
    assert RULES.table("ip", "filter") is None
