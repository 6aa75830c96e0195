"""Bans of single clients are one line for a host: known clients are named, all others are counted, none is walked."""

from collections.abc import Iterable

import msgspec
import pytest

from hairpin.diagnose.examination import examine
from hairpin.diagnose.singled_out import SingledOut, singled_out
from hairpin.host.route import Neighbour
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Element, NumberKey, Ruleset, Set
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.report.words import Words
from tests.rows import each_row
from tests.rule_text import with_chain, with_rule
from tests.small_host import host_namespace, network, published

GATEWAY, NEIGHBOUR = "198.51.100.1", "198.51.100.20"
STRANGER = "203.0.113.77"


def found(rules: str, *entries: str, invented: bool = True) -> tuple[SingledOut, ...]:
    flow = msgspec.structs.replace(published(), invented=invented)
    return singled_out(examine(host(rules, *entries), (flow,)))


def host(rules: str, *entries: str) -> Network:
    """Return the host with a neighbour on its link, and an ipset ``bad`` of these entries."""
    return with_set(rules, tuple(parse_address(each)[1] for each in entries))


def with_set(rules: str, entries: Iterable[int]) -> Network:
    bad = Set("bad", "hash:ip", tuple(Element((NumberKey(each, each),)) for each in entries))
    tables = parse(rules, family="ip", dialect="iptables-nft", source="test", evidence="e1", ipsets=(bad,))
    return network(
        msgspec.structs.replace(
            host_namespace(),
            neighbours=(Neighbour("eth0", 4, parse_address(NEIGHBOUR)[1], 2, "STALE"),),
            ruleset=Ruleset(tables, (bad,)),
        )
    )


def in_user_chain(*rules: str) -> str:
    text = with_rule("filter DOCKER-USER", rules[-1])
    for rule in reversed(rules[:-1]):
        text = with_rule("filter DOCKER-USER", rule, text)
    return text


ASKS_SET = "-m set --match-set bad src -j DROP"


def test_a_neighbour_and_the_gateway_are_named_and_others_counted() -> None:
    (one,) = found(in_user_chain(f"-s {NEIGHBOUR}/32 -j DROP", f"-s {STRANGER}/32 -j DROP", ASKS_SET), GATEWAY)
    assert one.clients == (GATEWAY, NEIGHBOUR)
    assert one.found is not None
    assert one.found.id == "docker-user-drops"
    assert one.found.flows == ()
    assert (one.rules, one.sets) == (1, 0)


def test_without_a_known_client_rules_and_sets_are_counted() -> None:
    rules = in_user_chain(f"-s {STRANGER}/32 -j DROP", "-s 203.0.113.78/32 -j REJECT", ASKS_SET)
    (one,) = found(rules, "9.9.9.9")
    assert (one.clients, one.found, one.rules, one.sets) == ((), None, 2, 1)


SILENT = {
    "no rule at all": (with_rule("filter DOCKER-USER", "-j RETURN"), ()),
    "a whole network": (in_user_chain("-s 203.0.113.0/24 -j DROP"), ()),
    "a set without entries": (in_user_chain(ASKS_SET), ()),
    "all but one": (in_user_chain(f"! -s {STRANGER}/32 -p udp -j DROP"), ()),
    "a rule that accepts": (in_user_chain(f"-s {STRANGER}/32 -j ACCEPT"), ()),
    "a chain that no hook leads to": (with_chain("f2b-web", f"-s {STRANGER}/32 -j DROP", hook=None), ()),
}


@each_row(("rules", "entries"), SILENT.values(), ids=SILENT)
def test_nothing_is_said_where_nobody_is_singled_out(rules: str, entries: tuple[str, ...]) -> None:
    assert found(rules, *entries) == ()


def test_a_chain_that_only_drops_counts_as_a_drop() -> None:
    rules = with_chain("LOGDROP", "-j LOG", "-j DROP", hook=None, rules=in_user_chain(f"-s {STRANGER}/32 -j LOGDROP"))
    (one,) = found(rules)
    assert one.rules == 1


def test_a_client_that_the_user_named_is_the_question_itself() -> None:
    assert found(in_user_chain(f"-s {NEIGHBOUR}/32 -j DROP"), invented=False) == ()


def test_a_set_of_many_entries_costs_no_walk_an_entry() -> None:
    whole = with_set(in_user_chain(ASKS_SET), range(100_000))
    flow = msgspec.structs.replace(published(), invented=True)
    (one,) = singled_out(examine(whole, (flow,)))
    assert (one.clients, one.sets) == ((), 1)


TWO = ("198.51.100.1", "198.51.100.20")
LINES = {
    "rules and sets": (
        SingledOut("h", rules=3, sets=2),
        "3 rules and 2 sets drop single clients; to see why, ask with --from ADDRESS",
    ),
    "one set": (SingledOut("h", sets=1), "1 set drops single clients; to see why, ask with --from ADDRESS"),
    "one client": (
        SingledOut("h", TWO[:1], "198.51.100.11:8151/tcp"),
        (
            "198.51.100.1 does not get through to 198.51.100.11:8151/tcp, but other clients do: a rule against a "
            "single client is usually intended; to see why, ask with --from 198.51.100.1"
        ),
    ),
    "two, and others": (
        SingledOut("h", TWO, "198.51.100.11:8151/tcp", rules=1),
        (
            "198.51.100.1, 198.51.100.20 do not get through to 198.51.100.11:8151/tcp, but other clients do: rules "
            "against single clients are usually intended; to see why, ask with --from 198.51.100.1. 1 rule drops "
            "single clients; to see why, ask with --from ADDRESS"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("singled", "line"), LINES.values(), ids=LINES)
def test_it_is_told_in_one_line(singled: SingledOut, line: str) -> None:
    assert Words()(singled.line()) == line
