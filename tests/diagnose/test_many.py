"""Many flows that break at once get the causes that each would get alone, and few searches."""

import pytest

from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose import many
from hairpin.diagnose.examination import Examination, examine
from hairpin.diagnose.many import examine_many
from hairpin.diagnose.search import search_causes
from hairpin.diagnose.suspect import Diagnosis, joint_change
from hairpin.events.aftermath import asked_again
from hairpin.events.happening import possible_events
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.walk.alike import TraceTakenOver
from hairpin.walk.walk import walk_flow
from tests.many_hosts import flows_of_many, rules_text
from tests.many_hosts import many as many_containers
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import egress, host_namespace, network, number, published
from tests.whole import thinned

FORWARDING_OFF = network(host_namespace(values={"conf__eth0__forwarding": "0"}))
COUNT = 12
FLOWS = (published(), published(Lan(number("198.51.100.7"))), published(FromHost(), "127.0.0.1"), egress())


def named(found: Examination) -> dict[str, tuple[int, ...]]:
    """Return the flows of each cause."""
    return {each.id: each.flows for each in found.causes}


@each_row("event", ("docker-stop", "docker-kill", "container-stop", "iptables-flush", "link-bounce"))
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


RULES = {
    "nothing odd": "",
    "a rule against the address that the first one gets": "-A FORWARD -d 172.17.0.2/32 -j DROP",
    "a rule against some": "-A FORWARD -d 172.17.0.4/30 -j DROP",
    "a rule against clients of one port": "-A FORWARD -m conntrack --ctorigdstport 20003 -j DROP",
}


@pytest.mark.parametrize("rule", thinned(RULES.values(), 2), ids=RULES)
@pytest.mark.parametrize("event", thinned(("docker-stop", "docker-kill", "iptables-flush", "link-bounce"), 2))
def test_each_proof_is_that_of_an_own_walk_after_the_change(event: str, rule: str) -> None:
    """Flows of alike containers take the proof over: each has its own change, which starts its own container."""
    within = many_containers(rules_text(COUNT, forward=rule), COUNT)
    then = next(course.network for each, course in possible_events(within, within.this.name) if each.id == event)
    found = examine_many(then, tuple(asked_again(within, then, each) for each in flows_of_many(COUNT)))
    proven = [(each.trace.flow, one) for each in found.diagnoses for one in each.sets]
    assert len(proven) >= COUNT
    for flow, one in proven:
        own = walk_flow(simulate(joint_change(one.causes), then), flow)
        assert one.proof.with_change == own.verdict
        assert one.proof.repaired == own


def test_most_proofs_of_alike_containers_are_taken_over() -> None:
    within = many_containers(count=COUNT)
    then = next(
        course.network for each, course in possible_events(within, within.this.name) if each.id == "docker-stop"
    )
    found = examine_many(then, tuple(asked_again(within, then, each) for each in flows_of_many(COUNT)))
    proofs = [one.proof.repaired for each in found.diagnoses for one in each.sets]
    assert sum(isinstance(each, TraceTakenOver) for each in proofs) > len(proofs) / 2
