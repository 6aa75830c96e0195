"""A chain before connection tracking that asks for the state of connections: where it is the cause, and how it is
mended."""

from typing import Literal

import pytest

from hairpin.change.change import InsertRule, ReplaceTable
from hairpin.diagnose.diagnose import diagnose
from hairpin.netfilter import ir
from hairpin.netfilter.nft.spelled import ANSWERS
from hairpin.network.network import Network
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import ruled, with_tables
from tests.rule_text import in_table
from tests.small_host import egress, network, published
from tests.whole import one_of_each

IN = ir.NameMatch("iif", ("eth0",))
SERVED = ir.FieldMatch("dport", ((8151, 8151),))
ACCEPT, DROP = ir.Verdict("accept"), ir.Verdict("drop")
INVALID = ir.FieldMatch("ct-state", ((1, ir.FULL_MASK),), mask=ir.CT_INVALID)


def edge(
    priority: int, *states: ir.Expression, hook: Literal["prerouting", "output"] = "prerouting", sets: int = 0
) -> Network:
    """Return the host with a person's table, whose chain at this hook and priority has a rule for these states before
    the rule that drops the rest.  ``sets``: how many dynamic sets the table has."""
    bodies = ((IN, *states, ACCEPT), (IN, SERVED, ACCEPT), (IN, DROP))
    rules = tuple(ir.Rule(each, f"rule {number}", number, handle=number) for number, each in enumerate(bodies, 1))
    chain = ir.Chain("early", rules, hook, priority=priority, policy="accept")
    objects = tuple(f"counter c{number} {{ }}" for number in range(sets))
    return with_tables(ir.Table("inet", "edge", "nft", (chain,), objects=objects))


def only_invalid(priority: int) -> Network:
    """Return the host whose chain drops packets without a valid state."""
    rule = ir.Rule((IN, INVALID, DROP), "rule 1", 1, handle=1)
    chain = ir.Chain("early", (rule,), "prerouting", priority=priority, policy="accept")
    return with_tables(ir.Table("inet", "edge", "nft", (chain,)))


def in_raw(match: str, table: str = "raw") -> Network:
    """Return the host whose table lets in only answers, and what is for the published port."""
    rules = in_table(table, "PREROUTING", "-i eth0 -j DROP")
    for words in ("-i eth0 -p tcp -m tcp --dport 8151", f"-i eth0 {match}"):
        rules = rules.replace("-A PREROUTING -i eth0", f"-A PREROUTING {words} -j ACCEPT\n-A PREROUTING -i eth0", 1)
    return ruled(rules)


ID = "state-asked-before-conntrack"
CT = "-m conntrack --ctstate RELATED,ESTABLISHED"
CASES: dict[str, Case] = {
    "answers are asked for before conntrack": Case(edge(-300, ANSWERS), egress(), (ID,), edge(-150, ANSWERS)),
    "at the priority of conntrack": Case(edge(-200, ANSWERS), egress(), (ID,), edge(-199, ANSWERS)),
    "each packet counts as invalid there": Case(only_invalid(-300), published(), (ID,), only_invalid(-150)),
    "in iptables' table raw": Case(in_raw(CT), egress(), (ID,), in_raw(CT, "mangle")),
    "in iptables' table raw, by the older match": Case(
        in_raw("-m state --state RELATED,ESTABLISHED"), egress(), (ID,), in_raw(CT, "mangle")
    ),
    "no state is asked for": Case(edge(-300, SERVED), egress(), ("nft-base-chain-drop-other-table",), network()),
    "no state is asked for in raw": Case(in_raw("-p udp"), egress(), ("mangle-drops-or-marks",), network()),
}


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_is_silent_on_the_whole_host(case: Case) -> None:
    is_silent(case.whole, case.flow)


def test_the_chain_is_loaded_again_behind_conntrack() -> None:
    (found,) = diagnose(edge(-300, ANSWERS), egress()).causes
    (part,) = found.candidate.change.parts
    assert isinstance(part, ReplaceTable)
    assert part.table is not None
    assert [each.priority for each in part.table.chains] == [-150]
    assert found.candidate.offered


def test_a_table_that_such_a_load_would_empty_is_loaded_by_a_person() -> None:
    (found,) = diagnose(edge(-300, ANSWERS, sets=1), egress()).causes
    assert not found.candidate.offered
    assert found.candidate.ways[0].typed[-1] == "nft -f edge.nft"


def test_rules_of_raw_are_moved_to_mangle_in_their_order() -> None:
    (found,) = diagnose(in_raw(CT), egress()).causes
    moved = [each for each in found.candidate.change.parts if isinstance(each, InsertRule)]
    assert [(each.table, each.position) for each in moved] == [("mangle", 1), ("mangle", 2), ("mangle", 3)]
    assert [each.rule.text.split()[-1] for each in moved] == ["ACCEPT", "ACCEPT", "DROP"]


@pytest.mark.parametrize(
    ("whole", "words"),
    (
        (edge(-300, SERVED), 'iifname "eth0" meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn accept'),
        (in_raw("-p udp"), "-A PREROUTING -i eth0 -p tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT"),
        (edge(-150, SERVED), 'iifname "eth0" ct state established,related accept'),
    ),
)
def test_an_exception_for_answers_never_matches_the_servers_port(whole: Network, words: str) -> None:
    (found,) = diagnose(whole, egress()).causes
    ways = (found.candidate.change, *(each.change for each in found.candidate.ways))
    parts = [part for change in ways for part in change.parts if isinstance(part, InsertRule)]
    assert [each.rule.text for each in parts] == [words]
