"""Restoring puts back exactly what it is given; afterwards only the rest is missing."""

from hairpin.change.change import AddChain, InsertRule
from hairpin.change.simulate import simulate
from hairpin.engines.missing import Missing, missing
from hairpin.engines.restoring import restoring
from hairpin.network.network import Network
from tests.small_host import HOST_NETNS, container, engine, host_namespace, network
from tests.walk.test_walk import without

ENGINE = engine(container())
NO_CHAIN = "\n".join(
    line for line in without("DOCKER ").splitlines() if not line.endswith("-j DOCKER") and line != ":DOCKER - [0:0]"
)


def lost(net: Network) -> Missing:
    return missing(ENGINE, net.namespace(HOST_NETNS))


def test_all_that_is_lost_can_be_put_back_at_once() -> None:
    net = network(host_namespace(NO_CHAIN))
    before = lost(net)
    change = restoring(HOST_NETNS, net.namespace(HOST_NETNS), before, before.chains, before.rules)
    assert ("nat", "DOCKER") in {(each.table, each.chain) for each in change.parts if isinstance(each, AddChain)}
    assert not lost(simulate(change, net))


def test_what_is_not_given_stays_lost() -> None:
    net = network(host_namespace(NO_CHAIN))
    before = lost(net)
    chains = tuple(each for each in before.chains if each.table == "nat")
    rules = tuple(each for each in before.rules if each.table == "nat")
    after = lost(simulate(restoring(HOST_NETNS, net.namespace(HOST_NETNS), before, chains, rules), net))
    assert {each.table for each in after.rules} == {"filter"}
    assert {each.table for each in after.chains} == {"filter"}


def test_a_rule_comes_back_in_front_of_the_rule_that_it_stood_before() -> None:
    net = network(host_namespace(without("-j DOCKER-USER")))
    before = lost(net)
    jump = next(each for each in before.rules if each.rule.text.endswith("-j DOCKER-USER"))
    (added,) = restoring(HOST_NETNS, net.namespace(HOST_NETNS), before, (), (jump,)).parts
    assert isinstance(added, InsertRule)
    assert (added.chain, added.position) == ("FORWARD", 1)
