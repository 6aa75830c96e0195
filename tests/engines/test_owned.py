"""Which rules an engine makes itself."""

import msgspec

from hairpin.engines.owned import engine_rules
from hairpin.netfilter.meaning import meaning
from tests.podman_host import with_podman
from tests.rule_text import with_rule
from tests.small_host import host_namespace, network


def test_dockerds_rules_and_nobody_elses() -> None:
    by_hand = "-s 192.0.2.7/32 -j DROP"
    within = network(host_namespace(with_rule("filter FORWARD", by_hand)))
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
    assert engine_rules(msgspec.structs.replace(network().this, engines=())) == frozenset()
