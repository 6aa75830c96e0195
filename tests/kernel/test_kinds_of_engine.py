"""Containers that a real engine made alike are alike to hairpin: each new reading can tell them apart by mistake, and
then every question about many containers walks each container by itself.  They stay alike after each event."""

from collections import Counter

from hairpin.answer.begin import network_of
from hairpin.collect.run import LocalRunner, collect
from hairpin.events.happening import possible_events
from hairpin.lab.build import running_lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.run import environment
from hairpin.network.kinds.kinds import kinds_of
from hairpin.network.network import Network

_FILLERS = 4


def most_of_a_kind(network: Network) -> int:
    """Return the number of containers of the largest kind."""
    return max(Counter(number for number, _ in kinds_of(network).members.values()).values(), default=0)


def test_containers_that_an_engine_made_alike_are_of_one_kind() -> None:
    with running_lab(LabPlan(fillers=_FILLERS)) as lab:
        host = LocalRunner((*lab.host.enter, "sh"), tuple(environment().items()))
        network = network_of((collect(host),))
    assert most_of_a_kind(network) == _FILLERS
    then = {event.id: course.network for event, course in possible_events(network, network.this.name)}
    assert "docker-restart" in then
    assert {event: most_of_a_kind(each) for event, each in then.items()} == dict.fromkeys(then, _FILLERS)
