"""Whether a change gets a packet further."""

from hairpin.diagnose.progress import has_moved
from hairpin.walk.walk import walk_flow
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
