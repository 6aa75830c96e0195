"""Verdicts and causes for recorded hosts equal the outcomes of real connections there, and the faults."""

import pytest

from hairpin.diagnose.examination import examine
from hairpin.evidence.redact import redact
from hairpin.host.read.parse import parse
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_origin
from tests.acceptance.recorded import AGREEING, Asked, evidence, expected, network, target

CASES = {f"{name} {flow.origin} {flow.to}": (name, flow) for name, flows in expected().items() for flow in flows}

# Packets for a container that leave by the default route: the host's evidence does not show what the router does with
# them.
BEYOND_THE_HOST = {
    ("bridge-addr", "host"),
    ("bridge-addr", "container:stranger"),
    ("bridge-down", "host"),
    ("bridge-down", "container:stranger"),
    ("bridge-route", "host"),
}


@pytest.mark.parametrize(("name", "flow"), CASES.values(), ids=CASES)
def test_verdict_and_causes(name: str, flow: Asked) -> None:
    net = network(name)
    found = examine(net, flows_for(net, (target(flow.to),), parse_origin(flow.origin)))
    verdict = found.diagnoses[0].trace.verdict
    beyond: frozenset[str] = AGREEING["timeout"] if (name, flow.origin) in BEYOND_THE_HOST else frozenset()
    allowed = AGREEING[flow.real] | beyond
    assert verdict in allowed
    assert [cause.id for cause in found.causes] == list(flow.causes)


@pytest.mark.parametrize("name", [name for name in expected() if name != "none.proxy-off"])
def test_without_a_target_no_further_cause_is_named(name: str) -> None:
    """Without a target, published ports and ways out are walked. If all recorded flows from outside are delivered, no
    cause is named that the recorded flows do not have.
    """
    net = network(name)
    found = examine(net, flows_for(net, (), None))
    if all(flow.real == "delivered" for flow in expected()[name] if not flow.origin.startswith("container")):
        blocked = {cause.id for cause in found.causes}
        known = {cause for flow in expected()[name] for cause in flow.causes}
        assert blocked <= known


@pytest.mark.parametrize("name", ("none", "eth0-forwarding", "del-masq", "multiport", "stale-dnat", "client-route"))
def test_a_redacted_snapshot_is_diagnosed_the_same(name: str) -> None:
    plain, hidden = network(name), Network((parse(redact(evidence(name), key=b"k" * 32)),))
    answers = [examine(each, flows_for(each, (), None)) for each in (plain, hidden)]
    verdicts = [[diagnosis.trace.verdict for diagnosis in answer.diagnoses] for answer in answers]
    causes = [[cause.id for cause in answer.causes] for answer in answers]
    assert verdicts[0] == verdicts[1]
    assert causes[0] == causes[1]
