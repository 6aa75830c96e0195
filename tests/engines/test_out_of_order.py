"""Rules of an engine that stand out of its order are told, as few as explain it, and one load moves them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.change.steps import steps
from hairpin.engines.docker.dockerd import expected
from hairpin.engines.missing import missing
from hairpin.engines.out_of_order import out_of_order
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Rule
from hairpin.netfilter.meaning import meaning
from hairpin.network.network import Network
from tests.engines.hosts import EMPTY, N1, WEB, docker, fixture, programmed
from tests.engines.repair.test_restoring import HOST_NETNS, network

ENGINE = docker("26.1.5", N1, containers=(WEB,))
JUMPS = 6
"""So many rules dockerd has in FORWARD here."""


def in_forward(namespace: Namespace) -> tuple[Rule, ...]:
    table = namespace.ruleset.table("ip", "filter", "iptables-nft")
    chain = table.chain("FORWARD") if table is not None else None
    assert chain is not None
    return chain.rules


def ordered(order: list[int], namespace: Namespace | None = None) -> Namespace:
    """Return the programmed host whose rules of FORWARD stand in that order."""
    whole = namespace or programmed(ENGINE)
    rules = in_forward(whole)
    moved = tuple(replace(rules[each], number=place) for place, each in enumerate(order, 1))
    table = whole.ruleset.table("ip", "filter", "iptables-nft")
    assert table is not None
    chains = tuple(replace(each, rules=moved) if each.name == "FORWARD" else each for each in table.chains)
    tables = tuple(replace(table, chains=chains) if each is table else each for each in whole.ruleset.tables)
    return replace(whole, ruleset=replace(whole.ruleset, tables=tables))


def restored(namespace: Namespace) -> tuple[Change, Network]:
    lost = missing(ENGINE, namespace)
    change = restoring_all(lost, HOST_NETNS, namespace, out_of_order(lost, namespace))
    return change, simulate(change, network(namespace))


@pytest.mark.parametrize("version", ("20.10", "26.1", "28.5"))
def test_nothing_of_a_healthy_host_is_out_of_order(version: str) -> None:
    engine, namespace = fixture(version)
    assert out_of_order(missing(engine, namespace), namespace) == ()


def test_the_jump_to_the_users_rules_comes_before_the_isolation_again() -> None:
    """As dockerd leaves it after a restart of firewalld."""
    namespace = ordered([1, 0, 2, 3, 4, 5])
    (moved,) = out_of_order(missing(ENGINE, namespace), namespace)
    assert "DOCKER-USER" in moved.rule.text
    change, _ = restored(namespace)
    assert len(steps(change, network(namespace))) == 1


@given(st.permutations(range(JUMPS)))
def test_after_the_load_all_rules_are_in_order(order: list[int]) -> None:
    wanted = [meaning(one.rule) for one in expected(ENGINE, EMPTY).rules if one.chain == "FORWARD"]
    _, after = restored(ordered(order))
    assert [meaning(rule) for rule in in_forward(after.namespace(HOST_NETNS))] == wanted


def test_a_rule_that_stands_twice_is_left() -> None:
    namespace = ordered([1, 0, 0, 2, 3, 4, 5])
    assert out_of_order(missing(ENGINE, namespace), namespace) == ()
