"""Every scenario of several hosts: real connections have the outcomes of its file, and its repair brings them back."""

import pytest

from hairpin.lab.scenario import Scenario, scenarios_of_several_hosts
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario
from tests.whole import thinned


@pytest.mark.parametrize("scenario", thinned(scenarios_of_several_hosts(), 24), ids=lambda scenario: scenario.name)
def test_broken_as_stated_and_repaired_as_stated(scenario: Scenario) -> None:
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        if scenario.fault:
            break_host(lab, scenario)
            require_truth(scenario, "after", probe_after(lab, scenario))
            for repair in scenario.repair:
                lab.node(repair.at).run(repair.run)
            require_truth(scenario, "before", probe_before(lab, scenario))
