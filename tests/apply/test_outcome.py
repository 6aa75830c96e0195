"""The rules on a flow's way are shown with what they counted of a real connection."""

import msgspec
import pytest

from hairpin.apply.outcome import counted_rules
from hairpin.netfilter.ir import Rule
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.small_host import HOST_NETNS, network, published

replace = msgspec.structs.replace


def with_packets(packets: int | None, other: int | None = 0, extra: str = "") -> Network:
    """Return the host whose DNAT rules have counted ``packets``, and all other rules ``other``."""

    def one(rule: Rule) -> Rule:
        count = packets if "-j DNAT" in rule.text else other
        return replace(rule, packets=count, text=rule.text + extra)

    net = network()
    namespace = net.namespace(HOST_NETNS)
    tables = tuple(
        replace(table, chains=tuple(replace(each, rules=tuple(map(one, each.rules))) for each in table.chains))
        for table in namespace.ruleset.tables
    )
    return net.with_namespace(HOST_NETNS, replace(namespace, ruleset=replace(namespace.ruleset, tables=tables)))


def test_the_rule_that_translates_the_connection_has_counted_it() -> None:
    before, after = with_packets(3), with_packets(4)
    (found,) = counted_rules(walk_flow(before, published()), before, after)
    assert ("-j DNAT" in found.place.text, found.before, found.after) == (True, 3, 4)


@pytest.mark.parametrize(
    "after", (with_packets(3), with_packets(None), with_packets(4, extra=" -m comment")), ids=("same", "none", "other")
)
def test_a_rule_that_has_not_counted_it_is_not_named(after: Network) -> None:
    before = with_packets(3)
    assert counted_rules(walk_flow(before, published()), before, after) == ()
