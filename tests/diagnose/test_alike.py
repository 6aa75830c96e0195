"""Flows that are alike have the causes that a search for each of them finds."""

import pytest

from hairpin.diagnose import alike
from hairpin.diagnose.alike import diagnoses_of
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.search import search_causes
from hairpin.diagnose.suspect import Diagnosis
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from tests.many_hosts import FORWARDING_OFF, flows_of_many, many, rules_text
from tests.whole import thinned

COUNT = 12
BROKEN: dict[str, Network] = {
    "a switch of the host": many(count=COUNT, values=FORWARDING_OFF),
    "a rule against all": many(rules_text(COUNT, forward="-A FORWARD -i eth0 -j DROP"), COUNT),
    "a rule of the table raw against all": many(
        rules_text(COUNT, raw="*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -j DROP\nCOMMIT"), COUNT
    ),
    "a rule against some": many(rules_text(COUNT, forward="-A FORWARD -d 172.17.0.4/30 -j DROP"), COUNT),
    "a rule against one": many(rules_text(COUNT, forward="-A FORWARD -d 172.17.0.5/32 -j REJECT"), COUNT),
    "rules of its own against each": many(
        rules_text(COUNT, docker="\n".join(f"-A DOCKER -d 172.17.0.{n}/32 -j DROP" for n in range(2, COUNT + 2))), COUNT
    ),
    "a lost rule of the engine": many(rules_text(COUNT).replace("-A FORWARD -o docker0 -j DOCKER\n", ""), COUNT),
    "a switch and a rule": many(
        rules_text(COUNT, forward="-A FORWARD -i eth0 -j DROP"), COUNT, values=FORWARDING_OFF
    ),
}  # fmt: skip


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Flow]:
    """Return the flows whose causes were searched."""
    found: list[Flow] = []

    def counted(network: Network, flow: Flow) -> Diagnosis:
        found.append(flow)
        return search_causes(network, flow)

    monkeypatch.setattr(alike, "search_causes", counted)
    return found


@pytest.mark.parametrize("broken", thinned(BROKEN.values(), 6), ids=BROKEN)
def test_the_causes_are_those_of_an_own_search(broken: Network) -> None:
    flows = flows_of_many(COUNT)
    assert len({each.sport for each in flows}) == len(flows)
    for flow, found in zip(flows, diagnoses_of(broken, flows), strict=True):
        assert found == diagnose(broken, flow)


@pytest.mark.parametrize("name", ("a switch of the host", "a rule of the table raw against all"))
def test_a_cause_of_the_host_is_searched_once_for_each_kind_of_flow(name: str, searches: list[Flow]) -> None:
    """The rule's candidate has another way to repair, which lets the flow's own port through."""
    broken = BROKEN[name]
    failing = [each for each in diagnoses_of(broken, flows_of_many(COUNT)) if not each.trace.succeeds]
    assert len(failing) > 20
    assert len(searches) < 15


def test_a_cause_that_names_its_container_is_searched_for_each(searches: list[Flow]) -> None:
    broken = BROKEN["rules of its own against each"]
    failing = [each for each in diagnoses_of(broken, flows_of_many(COUNT)) if not each.trace.succeeds]
    assert len(searches) == len(failing) > 20
