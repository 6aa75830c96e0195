"""Whether a change gets a packet further."""

from msgspec.structs import replace

from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.search import has_moved
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.acceptance.test_networks import network as recorded
from tests.causes.case import Case, fires, is_silent
from tests.causes.nat_rules.test_nat_rules import LED, RELAYED, SHADOWING, relaying
from tests.small_host import DOCKER_RULES


def test_a_walk_that_follows_an_old_entry_has_moved_though_it_stops_as_before() -> None:
    before, after = walk_flow(relaying(SHADOWING, LED), RELAYED), walk_flow(relaying(DOCKER_RULES, LED), RELAYED)
    assert before.usual.stop is not None
    assert after.usual.stop is not None
    assert before.usual.stop.reason == after.usual.stop.reason
    assert has_moved(before, after)


def test_a_walk_that_stops_as_before_has_not_moved() -> None:
    before, after = walk_flow(relaying(SHADOWING), RELAYED), walk_flow(relaying(SHADOWING), RELAYED)
    assert not has_moved(before, after)


def test_a_walk_that_is_delivered_has_moved() -> None:
    assert has_moved(walk_flow(relaying(SHADOWING), RELAYED), walk_flow(relaying(DOCKER_RULES), RELAYED))


NODE2 = Netns("node2")
WHOLE = recorded("healthy-same-private-subnet")
PUBLISHED_THERE = Flow(
    FromContainer("db", Netns("node2", "container:db")), 4, parse_address("198.51.100.11")[1], "tcp", 8152, host="node2"
)


def without_masquerade(whole: Network) -> Network:
    """Return the network in which the second host's MASQUERADE rules are gone."""
    namespace = whole.namespace(NODE2)
    tables = tuple(
        replace(
            table,
            chains=tuple(
                replace(chain, rules=tuple(rule for rule in chain.rules if "MASQUERADE" not in rule.text))
                for chain in table.chains
            ),
        )
        for table in namespace.ruleset.tables
    )
    ruleset = replace(namespace.ruleset, tables=tables)
    return whole.with_namespace(NODE2, replace(namespace, ruleset=ruleset))


def test_the_host_that_does_not_masquerade_is_named_although_the_other_one_loses_the_answer() -> None:
    sick = without_masquerade(WHOLE)
    fires(Case(sick, PUBLISHED_THERE, ("masquerade-missing",)))
    (suspect,) = diagnose(sick, PUBLISHED_THERE).causes
    assert suspect.host == "node2"
    stop = walk_flow(sick, PUBLISHED_THERE).usual.stop
    assert stop is not None
    assert stop.netns.host == "node1"


def test_a_host_that_masquerades_is_not_named() -> None:
    is_silent(WHOLE, PUBLISHED_THERE)


def test_addresses_that_the_other_host_is_to_see_need_no_translation() -> None:
    whole = recorded("docker-user-drops.far")
    flow = Flow(
        FromContainer("web", Netns("node1", "container:web")),
        4,
        parse_address("10.244.2.2")[1],
        "tcp",
        80,
        host="node1",
    )
    assert [each.cause for each in diagnose(whole, flow).causes] == ["docker-user-drops"]
