"""A rule of nft is kept in the script that makes its chain at boot."""

from tests.remedy.situations import network, nft_insertion, remedy, said

RULE = nft_insertion("ct status dnat accept")
SCRIPT = (
    "#!/usr/sbin/nft -f\nflush ruleset\n"
    f"table {RULE.family} {RULE.table} {{\n"
    f"\tchain {RULE.chain} {{\n\t\ttype filter hook forward priority 0; policy drop;\n\t\t# mine\n\t\tdrop\n\t}}\n}}\n"
)


def test_the_rule_becomes_the_first_of_its_chain() -> None:
    told = remedy(network(("/etc/nftables.conf", SCRIPT)), RULE)
    (file,) = told.persist
    assert file.content == SCRIPT.replace("\t\tdrop\n", "\t\tct status dnat accept\n\t\tdrop\n")
    assert remedy(network(("/etc/nftables.conf", file.content)), RULE).persist == ()


def test_several_rules_keep_their_order() -> None:
    other = nft_insertion("ct state established,related accept")
    (file,) = remedy(network(("/etc/nftables.d/mine.nft", SCRIPT)), RULE, other).persist
    assert "\t\tct status dnat accept\n\t\tct state established,related accept\n\t\tdrop\n" in file.content


def test_a_chain_that_no_script_makes() -> None:
    told = remedy(network(("/etc/nftables.conf", "table ip other {\n\tchain forward {\n\t\tdrop\n\t}\n}\n")), RULE)
    assert told.persist == ()
    assert f"no script that this host loads at boot makes chain {RULE.chain}" in said(told)
