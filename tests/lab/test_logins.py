"""``hairpin check`` on one host reads all hosts over a real sshd, and gives the answer of the recorded network."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.logins import running_logins
from hairpin.lab.plan import HostPlan, LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import named
from hairpin.lab.trial import break_host, probe_after, require_truth, running_scenario
from tests.acceptance.recorded_networks import expected
from tests.score.diagnosis import Answer, ask, blocking_causes, describes, stop_reason
from tests.whole import WHOLE, thinned

PAIR = LabPlan(hosts=(HostPlan(name="node1", containers=()), HostPlan(name="node2", containers=())))


@contextmanager
def asked(name: str) -> Generator[tuple[Answer, ...]]:
    """Yield the live answers to the scenario's flows, in the broken network."""
    scenario = named(name)
    with running_scenario(scenario) as lab:
        break_host(lab, scenario)
        require_truth(scenario, "after", probe_after(lab, scenario))
        with running_logins(lab) as hosts:
            yield tuple(ask(lab.host, (*flow.arguments(), *hosts)) for flow in scenario.flows)


@WHOLE
@pytest.mark.parametrize("name", thinned(("vxlan-port-blocked.input", "healthy-flannel-vxlan"), 2))
def test_the_live_answer_is_that_of_the_recorded_network(name: str) -> None:
    recorded = expected()[name]
    with asked(name) as answers:
        for answer, flow in zip(answers, recorded.flows, strict=True):
            assert answer.report is not None, answer.complaint
            assert [host.name for host in answer.report.hosts] == list(recorded.hosts)
            said = answer.report.flows[0]
            assert describes(said.verdict, stop_reason(said), Outcome(flow.real), across_hosts=True)
            causes = [f"{each.id}@{each.host}" for each in blocking_causes(answer.report)]
            failing = flow.real != "delivered"
            assert answer.status == int(failing)
            wanted = recorded.causes if failing else ()
            assert len(causes) == len(wanted)
            assert all(set(causes) & set(alternatives) for alternatives in wanted)


def login(lab: Lab, address: str) -> str:
    return lab.host.run(f"ssh -o BatchMode=yes root@{address} hostname").strip()


def test_each_host_logs_in_to_each_and_to_nobody_else() -> None:
    """ssh refuses a host with another key than the known one. The keys and the servers end with the lab."""
    with running_lab(PAIR) as lab:
        with running_logins(lab) as hosts:
            assert hosts == ("--host", "node1=root@198.51.100.11", "--host", "node2=root@198.51.100.12")
            assert [login(lab, address) for address in ("198.51.100.11", "198.51.100.12")] == ["node1", "node2"]
            lab.host.run("sed -i '/^198.51.100.12 /d' /run/lab-ssh/known")
            with pytest.raises(LabError, match="Host key verification failed"):
                login(lab, "198.51.100.12")
        with pytest.raises(LabError, match="Connection refused"):
            login(lab, "198.51.100.11")
        assert not Path("/run/lab-ssh").exists()
