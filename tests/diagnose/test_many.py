"""Many flows that break at once get the causes that each would get alone, and few searches."""

import pytest

from hairpin.diagnose import many
from hairpin.diagnose.diagnose import Diagnosis, search_causes
from hairpin.diagnose.examination import Examination, examine
from hairpin.diagnose.many import examine_many
from hairpin.events.happening import possible_events
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.rule_text import with_rule
from tests.small_host import egress, host_namespace, network, published

FORWARDING_OFF = network(host_namespace(values={"conf__eth0__forwarding": "0"}))
FLOWS = (published(), published(Lan(parse_address("198.51.100.7")[1])), published(FromHost(), "127.0.0.1"), egress())


def named(found: Examination) -> dict[str, tuple[int, ...]]:
    """Return the flows of each cause."""
    return {each.id: each.flows for each in found.causes}


@pytest.mark.parametrize("event", ("docker-stop", "docker-kill", "container-stop", "iptables-flush", "link-bounce"))
def test_the_causes_are_those_of_each_flow_alone(event: str) -> None:
    within = network()
    then = next(course.network for each, course in possible_events(within, within.this.name) if each.id == event)
    assert named(examine(then, FLOWS))
    assert named(examine_many(then, FLOWS)) == named(examine(then, FLOWS))


def test_one_cause_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Flow] = []

    def noting(within: Network, flow: Flow) -> Diagnosis:
        asked.append(flow)
        return search_causes(within, flow)

    monkeypatch.setattr(many, "search_causes", noting)
    found = examine_many(FORWARDING_OFF, FLOWS)
    assert asked == [published()]
    assert named(found) == {"interface-forwarding-off": (0, 1, 3)}
    proofs = [each.proof.with_change if each.proof is not None else None for each in found.diagnoses]
    assert proofs == ["delivered", "delivered", None, "leaves"]
    assert found.diagnoses[2].trace.succeeds


def test_a_cause_that_does_not_deliver_a_flow_is_not_told_of_it() -> None:
    rule = with_rule("filter DOCKER-USER", "-i eth0 -s 198.51.100.7 -j DROP")
    both = network(host_namespace(rule, values={"conf__eth0__forwarding": "0"}))
    found = examine_many(both, FLOWS[:2])
    assert named(found) == named(examine(both, FLOWS[:2]))
    assert named(found)["docker-user-drops"] == (1,)
