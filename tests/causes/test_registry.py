"""The catalogue is found by its files being there, and every cause in it fires somewhere and is silent elsewhere."""

import re
from pathlib import Path

import pytest

import hairpin.causes
from hairpin.causes.registry import all_causes, causes_for
from hairpin.diagnose.diagnose import diagnose
from hairpin.lab.scenario import all_scenarios
from hairpin.question.flows import flows_for
from tests.acceptance.recorded import expected, network
from tests.causes.test_catalogue import CASES

IDS = tuple(cause.id for cause in all_causes())


def test_ids_are_unique_kebab_case_and_name_their_files() -> None:
    files = {path.stem.replace("_", "-") for path in Path(hairpin.causes.__path__[0]).rglob("*.py")}
    assert len(set(IDS)) == len(IDS)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in IDS)
    assert set(IDS) <= files


@pytest.mark.parametrize("cause", IDS)
def test_each_cause_fires_somewhere(cause: str) -> None:
    """On a recorded host, in a lab scenario on the real kernel, or in the table of hand-made hosts."""
    recorded = {each for flows in expected().values() for flow in flows for each in flow.causes}
    scenarios = {each for scenario in all_scenarios() for group in scenario.causes for each in group}
    by_hand = {each for _, _, causes in CASES.values() for each in causes}
    assert cause in recorded | scenarios | by_hand


def test_no_cause_fires_on_a_whole_host() -> None:
    net = network("none")
    found = [each.cause for flow in flows_for(net, (), None) for each in diagnose(net, flow).causes]
    assert found == []


def test_a_reason_is_asked_of_its_causes_only() -> None:
    assert [cause.id for cause in causes_for("forwarding-off")] == [
        "interface-forwarding-off",
        "ip-forward-off",
        "ipv6-forwarding-off",
        "neighbour-entry-wrong",
        "publish-address-not-on-host",
    ]
