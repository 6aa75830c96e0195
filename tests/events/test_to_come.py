"""Of containers that are alike, one is restarted for all; what a restart breaks is told of each of them."""

import msgspec
import pytest

from hairpin.causes.cause import Finding
from hairpin.change.change import AddNamespace
from hairpin.diagnose.examination import examine
from hairpin.diagnose.foreseen import foreseen
from hairpin.events import to_come
from hairpin.events.event import Event
from hairpin.events.to_come import courses_to_come
from hairpin.host.host import Host
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from tests.many_hosts import flows_of_many, many, rules_text
from tests.whole import thinned

COUNT = 12


def without(within: Network, name: str) -> Network:
    """Return the network without the container.  Each later restart gives an address that was another container's."""
    host = within.this
    gone = host.container(name)
    assert gone is not None
    engines = tuple(
        msgspec.structs.replace(each, containers=tuple(one for one in each.containers if one is not gone))
        for each in host.engines
    )
    spaces = tuple(each for each in host.namespaces if each.name != gone.netns)
    return within.with_host(msgspec.structs.replace(host, engines=engines, namespaces=spaces))


HOSTS: dict[str, Network] = {
    "healthy": many(count=COUNT),
    "a gap among the addresses": without(many(count=COUNT), "web-0"),
    "a rule against one": many(rules_text(COUNT, forward="-A FORWARD -d 172.17.0.5/32 -j REJECT"), COUNT),
    "a gap, and a rule against one": without(
        many(rules_text(COUNT, forward="-A FORWARD -d 172.17.0.5/32 -j REJECT"), COUNT), "web-0"
    ),
    "a gap, and a rule against some": without(
        many(rules_text(COUNT, forward="-A FORWARD -d 172.17.0.2/32 -j DROP"), COUNT), "web-0"
    ),
}


def _of_none(_network: Network, _host: Host, _event: Event, _flows: tuple[Flow, ...]) -> None:
    """Restart each container."""


def told(within: Network) -> list[tuple[str, str | None, str, tuple[int, ...]]]:
    def words(each: Finding) -> tuple[str, str | None, str, tuple[int, ...]]:
        return each.id, each.event, str(each.candidate.title), each.flows

    return [words(each) for each in foreseen(examine(within, flows_of_many(COUNT)), frozenset())]


@pytest.mark.parametrize("within", thinned(HOSTS.values(), 4), ids=HOSTS)
def test_the_same_is_told_as_if_each_was_restarted(within: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(within)
    monkeypatch.setattr(to_come, "_of_firsts", _of_none)
    assert told(msgspec.structs.replace(within)) == found


def test_one_is_restarted_for_all_that_are_alike() -> None:
    within = HOSTS["healthy"]
    (course,) = (c for _, event, c in courses_to_come(within, flows_of_many(COUNT)) if event == "container-restart")
    assert sum(isinstance(each, AddNamespace) for each in course.parts) < 4
