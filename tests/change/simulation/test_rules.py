from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.change.change import AddChain, Change, DeleteChain, InsertRule
from hairpin.change.simulation.rules import (
    add_chain,
    delete_chain,
    delete_rules,
    insert_rules,
    listed_rule,
    own_words,
    set_policy,
    tool_rules,
)
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.netfilter.evaluate.chain import Place, place_of, policy_place
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Chain, Jump, Map, NumberKey, Rule, Ruleset, Table, Verdict, VerdictElement, VerdictMap
from tests.rows import each_row
from tests.small_host import DOCKER_RULES, HOST_NETNS, host_namespace, network, ruleset

RULES = ruleset(DOCKER_RULES)


def new_rule(chain: str) -> Rule:
    return Rule((Verdict("drop"),), f"-A {chain} -j DROP", 1)


NEW = new_rule("FORWARD")


def chain(rules: Ruleset, table: str, name: str) -> Chain:
    found = rules.table("ip", table, "iptables-nft")
    assert found is not None
    inner = found.chain(name)
    assert inner is not None
    return inner


def table_of(rules: Ruleset, name: str) -> Table:
    found = rules.table("ip", name)
    assert found is not None
    return found


def insertion(name: str = "FORWARD", position: int | None = 1, table: str = "filter") -> InsertRule:
    return InsertRule(HOST_NETNS, "iptables-nft", "ip", table, name, new_rule(name), position)


POSITIONS: dict[str, tuple[int | None, int]] = {"first": (1, 1), "third": (3, 3), "last": (None, 6), "behind": (6, 6)}


@pytest.mark.parametrize(("position", "number"), POSITIONS.values(), ids=POSITIONS)
def test_a_rule_stands_at_its_position_and_the_others_are_numbered_anew(position: int | None, number: int) -> None:
    after = chain(insert_rules(RULES, insertion(position=position)), "filter", "FORWARD")
    assert [each.number for each in after.rules] == [1, 2, 3, 4, 5, 6]
    assert [each.number for each in after.rules if each.text == NEW.text] == [number]
    before = chain(RULES, "filter", "FORWARD")
    assert [each.text for each in after.rules if each.text != NEW.text] == [each.text for each in before.rules]


def test_rules_that_are_inserted_together_stand_as_if_inserted_one_after_another() -> None:
    wanted = tuple(insertion(position=each) for each in (1, 3, None, 2))
    assert insert_rules(RULES, *wanted) == reduce(insert_rules, wanted, RULES)
    with pytest.raises(ChangeError, match="has 6 rules: none can be inserted as number 9"):
        insert_rules(RULES, insertion(), insertion(position=9))


def test_a_chain_is_made_once_for_all_rules_that_a_change_inserts(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(rules: tuple[Rule, ...]) -> list[tuple[Rule, ...]]:
        made.append(len(rules))
        return tool_rules(rules)

    monkeypatch.setattr("hairpin.change.simulation.rules.tool_rules", counted)
    chains = ("FORWARD", "DOCKER", "FORWARD")
    parts = tuple(insertion(name) for name in chains for _ in range(10))
    after = simulate(Change(parts), network(host_namespace())).namespace(HOST_NETNS)
    assert len(made) == len(chains)
    assert after.ruleset == reduce(insert_rules, parts, network(host_namespace()).namespace(HOST_NETNS).ruleset)


def test_other_tables_and_chains_stay() -> None:
    after = insert_rules(RULES, insertion())
    assert table_of(after, "nat") is table_of(RULES, "nat")
    assert chain(after, "filter", "DOCKER") is chain(RULES, "filter", "DOCKER")


def test_a_table_that_is_not_there_comes_with_its_base_chains() -> None:
    mangle = table_of(insert_rules(RULES, insertion("FORWARD", table="mangle")), "mangle")
    assert [(each.name, each.hook, each.priority, each.policy) for each in mangle.chains] == [
        ("PREROUTING", "prerouting", -150, "accept"),
        ("INPUT", "input", -150, "accept"),
        ("FORWARD", "forward", -150, "accept"),
        ("OUTPUT", "output", -150, "accept"),
        ("POSTROUTING", "postrouting", -150, "accept"),
    ]
    assert [len(each.rules) for each in mangle.chains] == [0, 0, 1, 0, 0]


def test_a_chain_is_added_once() -> None:
    wanted = AddChain(HOST_NETNS, "iptables-nft", "ip", "filter", "NEW")
    after = add_chain(RULES, wanted)
    assert chain(after, "filter", "NEW") == Chain("NEW", ())
    assert add_chain(after, wanted) == after
    assert chain(insert_rules(RULES, insertion("MADE")), "filter", "MADE").rules == (new_rule("MADE"),)


def test_a_table_of_ebtables_comes_with_its_own_base_chains() -> None:
    after = add_chain(Ruleset(), AddChain(HOST_NETNS, "ebtables", "bridge", "nat", "X"))
    made = [(each.name, each.hook, each.priority) for each in after.tables[0].chains]
    assert made == [
        ("PREROUTING", "prerouting", -300),
        ("OUTPUT", "output", 100),
        ("POSTROUTING", "postrouting", 300),
        ("X", None, 0),
    ]


TO_USED = VerdictElement((NumberKey(22, 22),), Jump("used"))
USERS: dict[str, Table] = {
    "a rule": Table("inet", "t", "nft", (Chain("a", (Rule((Jump("used"),), "jump used", 1),)), Chain("used", ()))),
    "a map in a rule": Table(
        "inet",
        "t",
        "nft",
        (Chain("a", (Rule((VerdictMap(("dport",), (TO_USED,)),), "tcp dport vmap …", 1),)), Chain("used", ())),
    ),
    "a named map": Table("inet", "t", "nft", (Chain("used", ()),), maps=(Map("m", "inet_service", (TO_USED,)),)),
}


@pytest.mark.parametrize("table", USERS.values(), ids=USERS)
def test_a_chain_to_which_something_leads_cannot_be_deleted(table: Table) -> None:
    deletion = DeleteChain(HOST_NETNS, "nft", "inet", "t", "used")
    with pytest.raises(ChangeError, match="another chain jumps to it"):
        delete_chain(Ruleset((table,)), deletion)
    alone = Table("inet", "t", "nft", (Chain("used", ()),))
    assert delete_chain(Ruleset((alone,)), deletion).tables[0].chains == ()


def test_each_back_end_has_its_own_table() -> None:
    after = add_chain(RULES, AddChain(HOST_NETNS, "iptables-legacy", "ip", "filter", "NEW"))
    assert table_of(RULES, "filter").chain("NEW") is None
    assert after.table("ip", "filter", "iptables-nft") is table_of(RULES, "filter")
    legacy = after.table("ip", "filter", "iptables-legacy")
    assert legacy is not None
    assert legacy.chain("NEW") is not None


def test_policy() -> None:
    place = policy_place(table_of(RULES, "filter"), chain(RULES, "filter", "INPUT"))
    after = set_policy(RULES, place, "drop")
    assert chain(after, "filter", "INPUT").policy == "drop"
    assert chain(after, "filter", "OUTPUT").policy == "accept"
    assert set_policy(after, place, "accept") == RULES


def test_only_the_rule_at_the_place_is_deleted() -> None:
    rule = chain(RULES, "filter", "FORWARD").rules[1]
    after = chain(delete_rules(RULES, place_of(table_of(RULES, "filter"), "FORWARD", rule)), "filter", "FORWARD")
    assert rule.text not in [each.text for each in after.rules]
    assert [each.number for each in after.rules] == [1, 2, 3, 4]


@pytest.mark.parametrize("order", ((2, 1), (1, 1, 1), (5, 4, 3, 2, 1)), ids=str)
def test_rules_that_are_deleted_together_are_deleted_one_after_another(order: tuple[int, ...]) -> None:
    places: list[Place] = []
    after = RULES
    for number in order:
        rule = chain(after, "filter", "FORWARD").rules[number - 1]
        places.append(place_of(table_of(after, "filter"), "FORWARD", rule))
        after = delete_rules(after, places[-1])
    assert delete_rules(RULES, *places) == after
    with pytest.raises(ChangeError, match="no rule 5"):
        delete_rules(RULES, *places[:1], msgspec.structs.replace(places[0], number=5))


NOWHERE: dict[str, tuple[Place, str]] = {
    "another rule there": (Place("iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -j X"), "no rule 1"),
    "another number": (Place("iptables-nft", "ip", "filter", "FORWARD", 9, "-A FORWARD -j DOCKER-USER"), "no rule 9"),
    "no chain": (Place("iptables-nft", "ip", "filter", "GONE", 1, ""), "no chain GONE"),
    "no table": (Place("iptables-nft", "ip", "raw", "PREROUTING", 1, ""), "no table ip raw"),
    "another back end": (Place("iptables-legacy", "ip", "filter", "FORWARD", 1, ""), "no table ip filter"),
}


@each_row(("place", "message"), NOWHERE.values(), ids=NOWHERE)
def test_a_missing_part_cannot_be_deleted(place: Place, message: str) -> None:
    with pytest.raises(ChangeError, match=message):
        delete_rules(RULES, place)


@given(name=st.sampled_from(("FORWARD", "DOCKER", "DOCKER-USER", "INPUT")), position=st.integers(1, 6) | st.none())
def test_deleting_undoes_inserting(name: str, position: int | None) -> None:
    inside = position if position is None else min(position, len(chain(RULES, "filter", name).rules) + 1)
    after = insert_rules(RULES, insertion(name, inside))
    (rule,) = (each for each in chain(after, "filter", name).rules if each.text == new_rule(name).text)
    assert delete_rules(after, place_of(table_of(after, "filter"), name, rule)) == RULES


def test_own_words() -> None:
    drop, native = (Rule((Verdict("drop"),), text, 1) for text in ("-A A -j DROP", "drop"))
    assert (own_words(drop, "A"), own_words(native, "A")) == ("-j DROP", "drop")


def test_a_rule_is_listed_with_the_words_that_iptables_adds() -> None:
    (read,) = parse(
        "*filter\n:A - [0:0]\n-A A -s 192.0.2.7/32 -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n",
        family="ip",
        dialect="iptables-nft",
        source="test",
    )
    chain = read.chain("A")
    assert chain is not None
    (rule,) = chain.rules
    typed = Rule(rule.body, "-A A -s 192.0.2.7 -p tcp --dport 80 -j DROP", 1)
    for each in (rule, typed):
        assert listed_rule(InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "A", each, 1)) == rule.text
