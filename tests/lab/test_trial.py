"""In every scenario real connections have the outcomes of its file, before its fault and after."""

import pytest

from hairpin.errors import LabError
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario, scenarios_of_one_host
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario


@pytest.mark.parametrize("scenario", scenarios_of_one_host(), ids=lambda scenario: scenario.name)
def test_truth(scenario: Scenario) -> None:
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        break_host(lab, scenario)
        require_truth(scenario, "after", probe_after(lab, scenario))


def test_a_wrong_outcome_is_reported() -> None:
    scenario = Scenario(name="claim", title="", flows=(Flow(target="8151", after=Outcome.REFUSED),))
    require_truth(scenario, "before", (Outcome.DELIVERED,))
    with pytest.raises(
        LabError, match=r"after its fault the connection from client .* should be refused and was timeout"
    ):
        require_truth(scenario, "after", (Outcome.TIMEOUT,))
