"""Every scenario before three judges: the walk, a replica on the running kernel, and the real connection.

The real connections have the outcomes of the scenario's file, before its fault and after.
"""

import subprocess
import sys

import msgspec
import pytest

from hairpin.judges.agreement import replicated_as
from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import agrees, environment
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario, scenarios_of_one_host
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario
from hairpin.walk.verdicts import Verdict

SEEN_BY_NO_HOST = ("publish-address-not-on-host",)
"""Broken so that no host that was read sees the packet: a replica of these hosts shows nothing of it."""
PROVE = (sys.executable, "-m", "hairpin", "prove")


class Answer(msgspec.Struct, frozen=True):
    verdict: Verdict


class Proven(msgspec.Struct, frozen=True):
    simulated: Answer
    replicated: Answer
    agree: bool | None
    judge: str
    difference: str
    left_out: tuple[str, ...]


class Document(msgspec.Struct, frozen=True):
    flows: tuple[Proven, ...]


def said(lab: Lab, flow: Flow) -> Proven:
    """Return what ``hairpin prove`` says of the flow, inside the lab host."""
    done = subprocess.run(
        (*lab.host.enter, *PROVE, *flow.arguments(), "--json"),
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    return msgspec.json.decode(done.stdout, type=Document).flows[0]


def judged(lab: Lab, scenario: Scenario, outcomes: tuple[Outcome, ...]) -> None:
    for flow, outcome in zip(scenario.flows, outcomes, strict=True):
        proven = said(lab, flow)
        assert (proven.agree, proven.judge, proven.difference, proven.left_out) == (True, "replicated", "", ())
        assert replicated_as(proven.simulated.verdict) == proven.replicated.verdict
        assert agrees(outcome, proven.replicated.verdict)


@pytest.mark.parametrize("scenario", scenarios_of_one_host(), ids=lambda scenario: scenario.name)
def test_three_judges_say_the_same(scenario: Scenario) -> None:
    with running_scenario(scenario) as lab:
        outcomes = probe_before(lab, scenario)
        require_truth(scenario, "before", outcomes)
        judged(lab, scenario, outcomes)
        if scenario.fault:
            break_host(lab, scenario)
            broken = probe_after(lab, scenario)
            require_truth(scenario, "after", broken)
            if scenario.name not in SEEN_BY_NO_HOST:
                judged(lab, scenario, broken)
