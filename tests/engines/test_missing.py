"""Which of an engine's chains and rules the host lacks."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.change.steps import steps
from hairpin.engines.docker.dockerd import expected
from hairpin.engines.found import of_dialect
from hairpin.engines.missing import engine_rules, lacking, loss_text, missing, missing_on, out_of_order
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.netfilter.ir import OpaqueMatch, Rule, Ruleset
from hairpin.netfilter.meaning import meaning
from hairpin.network.network import Network
from tests.engines.hosts import DOCKER0, EMPTY, N1, SIX, WEB, docker, fixture, programmed
from tests.engines.repair.test_restoring import HOST_NETNS, network
from tests.podman_host import with_podman
from tests.rule_text import with_rule
from tests.small_host import host_namespace
from tests.small_host import network as small_network

ENGINE = docker("28.5.2", DOCKER0, N1, containers=(WEB,))
NATIVE = msgspec.structs.replace(docker("29.1.0", DOCKER0, SIX), firewall_backend="nftables")


def without_chain(engine: Engine, name: str) -> Namespace:
    namespace = programmed(engine)
    tables = tuple(
        msgspec.structs.replace(table, chains=tuple(chain for chain in table.chains if chain.name != name))
        for table in namespace.ruleset.tables
    )
    return msgspec.structs.replace(namespace, ruleset=Ruleset(tables=tables))


def test_a_complete_host_lacks_nothing() -> None:
    assert not missing(ENGINE, programmed(ENGINE))


def test_an_empty_host_lacks_everything() -> None:
    lost = missing(ENGINE, EMPTY)
    assert (lost.rules, lost.chains) == (lost.wanted.rules, lost.wanted.chains)
    assert lost


def test_rules_by_purpose() -> None:
    lost = missing(ENGINE, programmed(ENGINE, lambda one: one.purpose not in {"dnat", "masquerade"}))
    assert {one.purpose for one in lost.rules} == {"dnat", "masquerade"}
    assert [one.container for one in lost.of("dnat")] == ["web"]
    assert lost.chains == ()


def test_a_missing_chain_takes_its_rules_with_it() -> None:
    lost = missing(ENGINE, without_chain(ENGINE, "DOCKER-CT"))
    assert {(one.family, one.chain) for one in lost.chains} == {("ip", "DOCKER-CT"), ("ip6", "DOCKER-CT")}
    assert {one.chain for one in lost.rules} == {"DOCKER-CT"}


def test_rules_that_were_not_read_are_not_missing() -> None:
    namespace = msgspec.structs.replace(EMPTY, unread=("iptables-nft-save4",))
    lost = missing(ENGINE, namespace)
    assert {one.family for one in lost.rules} == {"ip6"}
    assert {one.family for one in lost.chains} == {"ip6"}
    assert lost.undecided == ("the iptables-nft rules of family ip could not be read",)


def named_only(namespace: Namespace, chain: str) -> Namespace:
    """Return the namespace with IPv4's tables as nft shows them.  Of the chain's rules, nft names the extensions."""
    unknown = Rule((OpaqueMatch('xt match "addrtype"'),), 'xt match "addrtype"', 1)
    tables = tuple(
        msgspec.structs.replace(
            table,
            dialect="nft" if table.family == "ip" else table.dialect,
            chains=tuple(
                msgspec.structs.replace(each, rules=tuple(unknown for _ in each.rules))
                if (table.family, each.name) == ("ip", chain)
                else each
                for each in table.chains
            ),
        )
        for table in namespace.ruleset.tables
    )
    return msgspec.structs.replace(namespace, ruleset=Ruleset(tables=tables))


def test_rules_of_which_nft_shows_a_name_only_are_not_missing() -> None:
    lost = missing(ENGINE, named_only(programmed(ENGINE), "PREROUTING"))
    assert not lost
    assert "nft names the extensions in ip nat PREROUTING only" in lost.undecided


def test_a_table_that_only_nft_shows_is_iptables_table() -> None:
    native = named_only(programmed(ENGINE, lambda one: one.purpose != "dnat"), "")
    lost = missing(ENGINE, native)
    assert {one.purpose for one in lost.rules} == {"dnat"}
    assert lost.undecided == ()


def test_rules_in_the_other_back_end_are_found_there() -> None:
    lost = missing(ENGINE, programmed(ENGINE, dialect="iptables-legacy"), "iptables v1.8.9 (nf_tables)")
    assert not lost
    assert lost.dialect == "iptables-legacy"


def test_a_rule_in_another_chain_does_not_count() -> None:
    where = of_dialect("iptables-nft", without_chain(ENGINE, "DOCKER"))
    assert {one.chain for one in lacking(where, missing(ENGINE, EMPTY).wanted.rules)} == {"DOCKER"}


def test_nftables() -> None:
    namespace = programmed(NATIVE, dialect="nft")
    assert not missing(NATIVE, namespace)
    assert missing(NATIVE, EMPTY).dialect == "nft"


def test_a_bridge_that_is_gone_from_a_map() -> None:
    namespace = programmed(NATIVE, dialect="nft")
    empty = tuple(msgspec.structs.replace(table, maps=()) for table in namespace.ruleset.tables)
    lost = missing(NATIVE, msgspec.structs.replace(namespace, ruleset=Ruleset(tables=empty)))
    assert lost.elements == lost.wanted.elements
    assert lost.rules == ()


def test_each_engine_has_its_own_missing_rules() -> None:
    without_dnat = programmed(ENGINE, lambda one: one.purpose != "dnat")
    host = Host("test", namespaces=(without_dnat,), engines=(ENGINE, Engine("podman", "4.3.1")))
    (asked, lost), (_, of_podman) = missing_on(host)
    assert asked == ENGINE
    assert {one.purpose for one in lost.rules} == {"dnat"}
    assert of_podman.undecided
    assert not of_podman


def test_what_is_lost_is_counted_in_words() -> None:
    told = [str(loss_text(*each)) for each in ((1, 0), (8, 0), (8, 1), (26, 5))]
    assert told == ["1 rule", "8 rules", "8 rules and 1 chain", "26 rules and 5 chains"]


OUT_OF_ORDER_ENGINE = docker("26.1.5", N1, containers=(WEB,))
JUMPS = 6
"""So many rules dockerd has in FORWARD here."""


def in_forward(namespace: Namespace) -> tuple[Rule, ...]:
    table = namespace.ruleset.table("ip", "filter", "iptables-nft")
    chain = table.chain("FORWARD") if table is not None else None
    assert chain is not None
    return chain.rules


def ordered(order: list[int], namespace: Namespace | None = None) -> Namespace:
    """Return the programmed host whose rules of FORWARD stand in that order."""
    whole = namespace or programmed(OUT_OF_ORDER_ENGINE)
    rules = in_forward(whole)
    moved = tuple(replace(rules[each], number=place) for place, each in enumerate(order, 1))
    table = whole.ruleset.table("ip", "filter", "iptables-nft")
    assert table is not None
    chains = tuple(replace(each, rules=moved) if each.name == "FORWARD" else each for each in table.chains)
    tables = tuple(replace(table, chains=chains) if each is table else each for each in whole.ruleset.tables)
    return replace(whole, ruleset=replace(whole.ruleset, tables=tables))


def restored(namespace: Namespace) -> tuple[Change, Network]:
    lost = missing(OUT_OF_ORDER_ENGINE, namespace)
    change = restoring_all(lost, HOST_NETNS, namespace, out_of_order(lost, namespace))
    return change, simulate(change, network(namespace))


@pytest.mark.parametrize("version", ("20.10", "26.1", "28.5"))
def test_nothing_of_a_healthy_host_is_out_of_order(version: str) -> None:
    engine, namespace = fixture(version)
    assert out_of_order(missing(engine, namespace), namespace) == ()


def test_the_jump_to_the_users_rules_comes_before_the_isolation_again() -> None:
    """As dockerd leaves it after a restart of firewalld."""
    namespace = ordered([1, 0, 2, 3, 4, 5])
    (moved,) = out_of_order(missing(OUT_OF_ORDER_ENGINE, namespace), namespace)
    assert "DOCKER-USER" in moved.rule.text
    change, _ = restored(namespace)
    assert len(steps(change, network(namespace))) == 1


@given(st.permutations(range(JUMPS)))
def test_after_the_load_all_rules_are_in_order(order: list[int]) -> None:
    wanted = [meaning(one.rule) for one in expected(OUT_OF_ORDER_ENGINE, EMPTY).rules if one.chain == "FORWARD"]
    _, after = restored(ordered(order))
    assert [meaning(rule) for rule in in_forward(after.namespace(HOST_NETNS))] == wanted


def test_a_rule_that_stands_twice_is_left() -> None:
    namespace = ordered([1, 0, 0, 2, 3, 4, 5])
    assert out_of_order(missing(OUT_OF_ORDER_ENGINE, namespace), namespace) == ()


def test_dockerds_rules_and_nobody_elses() -> None:
    by_hand = "-s 192.0.2.7/32 -j DROP"
    within = small_network(host_namespace(with_rule("filter FORWARD", by_hand)))
    own = engine_rules(within.this)
    table = within.this.namespace("host").ruleset.table("ip", "filter", "iptables-nft")
    assert table is not None
    forward = table.chain("FORWARD")
    assert forward is not None
    held = [("ip", "filter", "FORWARD", meaning(each)) in own for each in forward.rules]
    assert held == [False, *[True] * (len(held) - 1)]
    assert len(held) > 3


def test_podmans_are_told_by_podman_itself() -> None:
    assert engine_rules(with_podman().this) == frozenset()
    assert engine_rules(msgspec.structs.replace(small_network().this, engines=())) == frozenset()
