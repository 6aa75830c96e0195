"""Verdicts and causes for recorded hosts equal the outcomes of real connections there, and the faults."""

import pytest
from msgspec.structs import replace

from hairpin.answer.matrix import matrix
from hairpin.diagnose.examination import examine
from hairpin.evidence.reading import Reading
from hairpin.evidence.redact import redact
from hairpin.host.read.parse import parse
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.question import Question
from hairpin.question.target import parse_origin
from tests.acceptance.recorded import AGREEING, Asked, evidence, expected, network, target
from tests.whole import one_of_each, thinned

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


@pytest.mark.parametrize(("name", "flow"), one_of_each(CASES, lambda case: (case[1].causes, case[1].real)))
def test_verdict_and_causes(name: str, flow: Asked) -> None:
    net = network(name)
    found = examine(net, flows_for(net, (target(flow.to),), parse_origin(flow.origin)))
    verdict = found.diagnoses[0].trace.verdict
    beyond: frozenset[str] = AGREEING["timeout"] if (name, flow.origin) in BEYOND_THE_HOST else frozenset()
    allowed = AGREEING[flow.real] | beyond
    assert verdict in allowed
    assert [cause.id for cause in found.causes] == list(flow.causes)


@pytest.mark.parametrize("name", thinned([name for name in expected() if name != "none.proxy-off"], 10))
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
    _assert_alike(plain, hidden)


def test_a_redacted_snapshot_with_units_and_scripts_of_its_own_is_diagnosed_the_same() -> None:
    """A unit of the owner's flushes the rules at each boot: what breaks then is the same under its other name."""
    lines = (
        "acme-fw.service\t/etc/systemd/system/acme-fw.service:3:ExecStart=/opt/acme/fw.sh\n"
        "acme-fw.service\t/opt/acme/fw.sh:2:iptables -t nat -F\n"
    )
    unit = "Id=acme-fw.service\nActiveState=active\nUnitFileState=enabled\nAfter=docker.service\n"
    whole = evidence("none")
    beside = (
        Reading("e9001", "boot-units", "", "/etc/systemd/system/*.wants", whole.taken_at, 0, "text", lines),
        Reading("e9002", "units", "", "systemctl show", whole.taken_at, 0, "text", unit),
    )
    whole = replace(whole, readings=(*whole.readings, *beside))
    hidden = redact(whole, key=b"k" * 32)
    assert "acme" not in "".join(f"{each.origin}{each.text}" for each in hidden.readings)
    _assert_alike(Network((parse(whole),)), Network((parse(hidden),)))
    found = [matrix(Question("check", ()), (each,)) for each in (whole, hidden)]
    cells = [[(row.event, cell.before, cell.after) for row in each.rows for cell in row.cells] for each in found]
    assert cells[0] == cells[1]


def _assert_alike(plain: Network, hidden: Network) -> None:
    answers = [examine(each, flows_for(each, (), None)) for each in (plain, hidden)]
    verdicts = [[diagnosis.trace.verdict for diagnosis in answer.diagnoses] for answer in answers]
    causes = [[cause.id for cause in answer.causes] for answer in answers]
    assert verdicts[0] == verdicts[1]
    assert causes[0] == causes[1]
