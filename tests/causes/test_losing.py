"""Which rules of somebody's own a packet passes by, and which of them an event takes."""

from hairpin.causes.cause import Coming
from hairpin.causes.losing import lost_rules, rules_on_the_way
from hairpin.diagnose.examination import examine
from hairpin.network.network import Network
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, host_namespace, network, published

SHUT = with_rule("filter DOCKER-USER", "-p tcp --dport 80 -j DROP")
LET_IN = with_rule("filter DOCKER-USER", "-s 192.0.2.0/24 -j ACCEPT", SHUT)
OTHER = with_rule("filter DOCKER-USER", "-s 203.0.113.0/24 -j ACCEPT", SHUT)


def coming(was: str, then: str) -> Coming:
    """Return what stops the published port once the rules are those of ``then``."""
    flow = published()
    after = network(host_namespace(then))
    (found,) = examine(after, (flow,)).causes
    before: Network = network(host_namespace(was))
    return Coming("reboot", before.this.name, before, after, flow, found)


def test_a_rule_that_is_gone() -> None:
    of_hand = [each.text for each in lost_rules(coming(LET_IN, SHUT))]
    assert of_hand == ["-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT"]


def test_a_rule_that_stays_is_not_lost() -> None:
    late = LET_IN.replace("-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT\n", "")
    late = late.replace("-A DOCKER-USER -j RETURN\n", "-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT\n")
    found = coming(LET_IN, late)
    assert list(lost_rules(found)) == []
    assert [each.text for each in rules_on_the_way(found)] == ["-A DOCKER-USER -s 192.0.2.0/24 -j ACCEPT"]


def test_an_engines_rule_is_not_somebodys_own() -> None:
    assert list(rules_on_the_way(coming(DOCKER_RULES, SHUT))) == []
