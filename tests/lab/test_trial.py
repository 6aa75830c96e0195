"""Every scenario does for real what its file says, before its fault and after."""

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from hairpin.errors import LabError
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario, all_scenarios
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario


def carry_through(scenario: Scenario) -> None:
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        break_host(lab, scenario)
        require_truth(scenario, "after", probe_after(lab, scenario))


@pytest.fixture(scope="module")
def trials(request: pytest.FixtureRequest) -> Generator[dict[str, Future[None]]]:
    """All selected scenarios, two under way at a time: most of a trial is waiting for a time-out."""
    wanted = [item.name for item in request.session.items]
    with ThreadPoolExecutor(2) as pool:
        yield {
            scenario.name: pool.submit(carry_through, scenario)
            for scenario in all_scenarios()
            if f"test_truth[{scenario.name}]" in wanted
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", [scenario.name for scenario in all_scenarios()])
def test_truth(trials: dict[str, Future[None]], name: str) -> None:
    trials[name].result()


def test_untruth_is_told() -> None:
    scenario = Scenario(name="claim", title="", flows=(Flow(target="8151", after=Outcome.REFUSED),))
    require_truth(scenario, "before", (Outcome.DELIVERED,))
    with pytest.raises(
        LabError, match=r"after its fault the connection from client .* should be refused and was timeout"
    ):
        require_truth(scenario, "after", (Outcome.TIMEOUT,))
