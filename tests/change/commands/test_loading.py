"""One input for one table: rules by their numbers, nft's by their present handles."""

import pytest

from hairpin.change.change import AddChain, DeleteChain, DeleteRule, InsertRule, ReplaceTable, RuleEdit, SetPolicy
from hairpin.change.commands.loading import Numbering, ebtables_commands, iptables_load, nft_load, replacing
from hairpin.errors import ChangeError
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Chain, Dialect, Family, Rule, Set, Table, Verdict
from hairpin.netfilter.nft.sets import UPDATED_BY_RULES
from tests.small_host import HOST_NETNS

DROP = Rule((Verdict("drop"),), "-A A -j DROP", 1)
NATIVE = Rule((Verdict("drop"),), "drop", 1)


def edits(dialect: Dialect, family: Family, table: str) -> tuple[RuleEdit, ...]:
    rule = NATIVE if dialect == "nft" else DROP
    place = Place(dialect, family, table, "A", 2, rule.text)
    return (
        AddChain(HOST_NETNS, dialect, family, table, "NEW"),
        InsertRule(HOST_NETNS, dialect, family, table, "A", rule, 2),
        InsertRule(HOST_NETNS, dialect, family, table, "A", rule),
        DeleteRule(HOST_NETNS, Place(dialect, family, table, "A", 3, rule.text)),
        SetPolicy(HOST_NETNS, place, "drop"),
        DeleteChain(HOST_NETNS, dialect, family, table, "OLD"),
    )


def test_iptables() -> None:
    load = iptables_load(edits("iptables-legacy", "ip6", "filter"), "iptables-legacy", "ip6", "filter")
    assert load.argv == ("ip6tables-legacy-restore", "--noflush")
    assert load.text.splitlines() == [
        "*filter", "-N NEW", "-I A 2 -j DROP", "-A A -j DROP", "-D A 3", ":A DROP [0:0]", "-X OLD", "COMMIT",
    ]  # fmt: skip


def test_nft_names_rules_by_their_present_handles() -> None:
    load = nft_load(edits("nft", "inet", "t"), {"A": (11, 12)})
    assert load.text.splitlines() == [
        "add table inet t",
        "add chain inet t NEW",
        "insert rule inet t A handle 12 drop",
        "add rule inet t A drop",
        "delete rule inet t A handle 12",
        "chain inet t A { policy drop; }",
        "delete chain inet t OLD",
    ]


def test_several_rules_of_nft_keep_their_order() -> None:
    inserted = tuple(InsertRule(HOST_NETNS, "nft", "inet", "t", "A", NATIVE, position) for position in (1, 2, 4))
    lines = nft_load(inserted, {"A": (11, 12)}).text.splitlines()
    assert lines == [
        "insert rule inet t A drop",
        "insert rule inet t A handle 11 drop",
        "insert rule inet t A handle 12 drop",
    ]
    behind = tuple(InsertRule(HOST_NETNS, "nft", "inet", "t", "A", NATIVE, position) for position in (3, 3))
    assert nft_load(behind, {"A": (11, 12)}).text.splitlines()[1] == "add rule inet t A handle 12 drop"


def test_a_rule_that_is_not_there_is_not_deleted() -> None:
    with pytest.raises(ChangeError):
        nft_load(edits("nft", "inet", "t")[3:4], {"A": (11,)})


def test_ebtables_makes_one_edit_after_the_other() -> None:
    told = [" ".join(each.argv[1:]) for each in ebtables_commands(edits("ebtables", "bridge", "filter"))]
    assert told == [
        "-t filter -N NEW -P RETURN",
        "-t filter -I A 2 -j DROP",
        "-t filter -A A -j DROP",
        "-t filter -D A 3",
        "-t filter -P A DROP",
        "-t filter -X OLD",
    ]


def test_a_deleted_table_leaves_iptables_chains_that_accept() -> None:
    load = replacing(ReplaceTable(HOST_NETNS, "iptables-nft", "ip", "raw", None))
    assert load.argv == ("iptables-nft-restore",)
    assert load.text.splitlines() == ["*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", "COMMIT"]
    assert replacing(ReplaceTable(HOST_NETNS, "nft", "ip", "t", None)).text == "add table ip t\ndelete table ip t\n"


def test_a_native_table_is_written_with_the_text_of_its_rules() -> None:
    table = Table("inet", "t", "nft", (Chain("A", (NATIVE,), "forward", "filter", 0, "drop"),))
    text = replacing(ReplaceTable(HOST_NETNS, "nft", "inet", "t", table)).text
    assert "type filter hook forward priority 0; policy drop;" in text
    assert "\t\tdrop\n" in text


def test_a_set_that_rules_change_is_not_written() -> None:
    table = Table("inet", "t", "nft", (), sets=(Set("s", "ipv4_addr", (), UPDATED_BY_RULES),))
    for part in (
        ReplaceTable(HOST_NETNS, "nft", "inet", "t", table),
        ReplaceTable(HOST_NETNS, "ebtables", "bridge", "filter", None),
    ):
        with pytest.raises(ChangeError):
            replacing(part)


def test_an_inserted_rule_has_no_number_before_the_load() -> None:
    numbering = Numbering(3)
    numbering.insert(1)
    numbering.insert(None)
    assert [numbering.before(number) for number in range(1, 7)] == [None, 1, 2, 3, None, None]
    assert (len(numbering), numbering.first) == (5, 3)


def test_a_deleted_rule_has_its_number() -> None:
    numbering = Numbering(3)
    assert numbering.delete(2) == 2
    assert numbering.delete(2) == 3
    assert numbering.delete(2) is None
    assert len(numbering) == 1


def test_no_chain_has_no_rules() -> None:
    assert len(Numbering.of(None)) == 0
