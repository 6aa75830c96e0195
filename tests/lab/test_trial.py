"""What a scenario's real connections have to be; tests/lab/scenarios/ makes them."""

import pytest

from hairpin.errors import LabError
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario
from hairpin.lab.trial import require_truth, say


def test_a_wrong_outcome_is_reported() -> None:
    scenario = Scenario(name="claim", title="", flows=(Flow(target="8151", after=Outcome.REFUSED),))
    require_truth(scenario, "before", (Outcome.DELIVERED,))
    with pytest.raises(
        LabError, match=r"after its fault, the connection from client .* should be refused, but it was timeout"
    ):
        require_truth(scenario, "after", (Outcome.TIMEOUT,))


def test_a_line_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say("built")
    assert capsys.readouterr().out == "built\n"
