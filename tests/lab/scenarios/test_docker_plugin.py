"""``docker hairpin`` by the real docker command in lab hosts: the answer of the checkout, about the named engine."""

import msgspec
import pytest

from hairpin.lab.build import running_lab
from hairpin.lab.node import Node
from hairpin.lab.plan import HostPlan, LabPlan
from hairpin.lab.run import HAIRPIN, environment, running_logins
from hairpin.lab.scenario import named
from hairpin.lab.trial import break_host, running_scenario
from hairpin.report.documents.document import ReportDocument
from tests.score.diagnosis import Answer, ask
from tests.whole import WHOLE, thinned

SCENARIOS = (
    "interface-forwarding-off", "docker-user-drops", "docker-nat-chain-missing", "published-on-loopback-only",
    "port-not-published", "service-listens-on-container-loopback", "container-not-running", "icc-off",
    "masquerade-missing", "bridge-down", "rp-filter-strict", "reject-rule-before-docker",
    "healthy-plain", "healthy-two-networks", "healthy-docker-user-rules", "healthy-userland-proxy-off",
)  # fmt: skip
QUESTION = ("8151", "--from", "192.0.2.10", "--no-replica")
SECOND = "ln -sf /run/docker.sock /run/second.sock"
PAIR = LabPlan(hosts=(HostPlan(name="node1", containers=()), HostPlan(name="node2")))


def install(host: Node) -> None:
    host.run(("env", *(f"{name}={value}" for name, value in environment().items()), *HAIRPIN, "plugin", "install"))


def told(report: ReportDocument | None) -> object:
    """Return what an answer says, without what differs from one reading to the next."""
    assert report is not None
    causes = tuple((each.id, each.severity, each.flows, msgspec.to_builtins(each.remedies)) for each in report.causes)
    flows = tuple((each.id, each.origin, each.to, each.verdict, each.causes) for each in report.flows)
    return tuple(each.name for each in report.hosts), flows, causes, report.questions


def endpoint(answer: Answer) -> str:
    """Return where Docker's engine was asked."""
    assert answer.report is not None, answer.complaint
    return next(each.endpoint for each in answer.report.hosts[0].engines if each.name == "docker")


def by_docker(host: Node, *options: str, question: tuple[str, ...] = QUESTION) -> Answer:
    return ask(host, question, ("docker", *options, "hairpin", "check"))


@pytest.mark.parametrize("name", thinned(SCENARIOS, 16))
def test_docker_hairpin_answers_as_the_checkout(name: str) -> None:
    scenario = named(name)
    with running_scenario(scenario) as lab:
        install(lab.host)
        break_host(lab, scenario)
        for flow in scenario.flows:
            question = (*flow.arguments(), "--no-replica")
            plain, found = ask(lab.host, question), by_docker(lab.host, question=question)
            assert (found.status, told(found.report)) == (plain.status, told(plain.report)), found.complaint


def test_docker_s_options_name_the_engine() -> None:
    with running_lab(LabPlan()) as lab:
        install(lab.host)
        lab.host.run(f"{SECOND}; docker context create second --docker host=unix:///run/second.sock")
        plain = ask(lab.host, QUESTION)
        for options in (("-H", "unix:///run/second.sock"), ("--context", "second")):
            found = by_docker(lab.host, *options)
            assert (found.status, told(found.report)) == (plain.status, told(plain.report)), found.complaint
            assert endpoint(found) == "unix:///run/second.sock"
        lab.host.run("docker context use second")
        assert endpoint(by_docker(lab.host)) == "unix:///run/second.sock"
        refused = by_docker(lab.host, "-H", "tcp://192.0.2.77:2376")
        assert refused.status == 2
        assert "an engine of another machine" in refused.complaint


@WHOLE
def test_a_context_over_ssh_is_examined_over_ssh() -> None:
    with running_lab(PAIR) as lab, running_logins(lab) as (_, _, _, there):
        install(lab.host)
        destination = there.partition("=")[2]
        lab.host.run(f"docker context create far --docker host=ssh://{destination}")
        plain = ask(lab.host, (*QUESTION, "--host", destination))
        found = by_docker(lab.host, "--context", "far")
        assert (found.status, told(found.report)) == (plain.status, told(plain.report)), found.complaint
        assert found.report is not None
        assert found.report.host.name == lab.hosts[1].run("hostname").strip()
