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


def test_a_chain_on_one_line_begins_with_the_rule_behind_what_it_is() -> None:
    line = f"\tchain {RULE.chain} {{ type filter hook forward priority 0; policy drop; ct state new drop; }}\n"
    told = remedy(network(("/etc/nftables.conf", SCRIPT[: SCRIPT.index("\tchain")] + line + "}\n")), RULE)
    (file,) = told.persist
    assert "priority 0; policy drop; ct status dnat accept; ct state new drop; }\n" in file.content
    assert remedy(network(("/etc/nftables.conf", file.content)), RULE).persist == ()


def test_what_makes_a_chain_that_no_script_makes_is_not_known() -> None:
    told = remedy(network(("/etc/nftables.conf", "table ip other {\n\tchain forward {\n\t\tdrop\n\t}\n}\n")), RULE)
    assert told.persist == ()
    assert f"no script that hairpin read makes chain {RULE.chain}" in said(told)
    assert "hairpin does not know which program" in said(told)


def test_rules_of_one_chain_that_no_script_makes_are_told_once_in_their_order() -> None:
    told = said(remedy(network(), RULE, nft_insertion("ct state established,related accept")))
    assert told.count("no script that hairpin read") == 1
    assert "begin the chain with ct status dnat accept; ct state established,related accept" in told


def test_a_script_of_another_form_is_named() -> None:
    script = f"add chain {RULE.family} {RULE.table} {RULE.chain} {{ type filter hook forward priority 0 ; }}\n"
    told = remedy(network(("/etc/nftables.conf", f"add table {RULE.family} {RULE.table}\n{script}")), RULE)
    assert told.persist == ()
    assert f"/etc/nftables.conf names chain {RULE.chain}" in said(told)


def test_a_script_that_a_tool_writes_is_left_to_it() -> None:
    told = remedy(network(("/etc/nftables.conf", f"# Ansible managed\n{SCRIPT}")), RULE)
    assert told.persist == ()
    assert (
        "/etc/nftables.conf needs `+ct status dnat accept` (line 8). The file says “Ansible managed”, so make this "
        "change in the program"
    ) in said(told)
    assert "The file says “Ansible managed”" in said(told)
