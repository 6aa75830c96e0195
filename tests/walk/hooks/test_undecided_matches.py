"""A match that hairpin cannot decide splits a flow once: each packet of one direction is met alike."""

import msgspec
import pytest

from hairpin.netfilter.ir import Ruleset
from hairpin.walk.walk import walk_flow
from tests.small_host import host_namespace, network, published, ruleset

MARKING = "-A PREROUTING -p tcp -m tcp --dport 8151 -m cluster --cluster-total-nodes 2 -j MARK --set-xmark 0x1/0xff"
UNMARKED = "-A PREROUTING -p tcp -m tcp --dport 8151 -m mark ! --mark 0x1/0xff -j DROP"
MARKED = "-A PREROUTING -p tcp -m tcp --dport 8151 -m mark --mark 0x1/0xff -j DROP"


@pytest.mark.parametrize(
    ("second", "verdicts"), ((UNMARKED, ["dropped", "delivered"]), (MARKED, ["delivered", "dropped"]))
)
def test_later_packets_are_met_like_the_first(second: str, verdicts: list[str]) -> None:
    before = host_namespace()
    rules = ruleset(f"*mangle\n:PREROUTING ACCEPT [0:0]\n{MARKING}\n{second}\nCOMMIT\n")
    host = msgspec.structs.replace(before, ruleset=Ruleset((*before.ruleset.tables, *rules.tables)))
    trace = walk_flow(network(host), published())
    assert [each.verdict for each in trace.branches] == verdicts
    assert trace.verdict == "depends"
