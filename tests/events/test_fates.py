"""The fates of many open connections are those that each has alone."""

import pytest

from hairpin.events.fates import fate_of_open, fates_of_open
from hairpin.events.happening import possible_events
from hairpin.network.network import Network
from hairpin.walk.walked import walked
from tests.many_hosts import flows_of_many, many, rules_text
from tests.small_host import network

COUNT = 10
HOSTS: dict[str, Network] = {
    "nothing odd": many(count=COUNT),
    "a rule against some": many(rules_text(COUNT, forward="-A FORWARD -d 172.17.0.4/30 -j DROP"), COUNT),
    "few containers": network(),
}


@pytest.mark.parametrize("within", HOSTS.values(), ids=HOSTS)
def test_the_fates_of_many_are_those_of_each_alone(within: Network) -> None:
    flows = tuple(each for each in flows_of_many(COUNT) if walked(within, each).succeeds)
    found = set[str]()
    for event, course in possible_events(within, within.this.name):
        fates = list(fates_of_open(within, course, flows))
        assert (event.id, fates) == (event.id, [fate_of_open(within, course, each) for each in flows])
        found.update(fates)
    assert found >= {"kept", "lost"} or not flows
