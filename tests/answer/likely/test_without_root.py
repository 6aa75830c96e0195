"""Hosts that the collector read as a user without root: the faults that this user may see are named, and no other.

tests/fixtures/without_root/README.md says how the hosts were recorded.  What is true of each is in its scenario.
"""

from pathlib import Path

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status
from hairpin.causes.registry import all_causes
from hairpin.cli.face.asked import Asked
from hairpin.errors import CollectError
from hairpin.evidence.file import read
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario, named
from tests.whole import thinned_rows

RECORDED = Path(__file__).parents[2] / "fixtures" / "without_root"
SHOWN = {each.id: each.shown_to for each in all_causes()}
HOSTS = [(path.parent.name, path.stem) for path in sorted(RECORDED.glob("*/*.hairpin"))]
FLOWS = [(user, name, number) for user, name in HOSTS for number, _ in enumerate(named(name).flows)]


def _asked(user: str, name: str, flow: Flow) -> Answer:
    target, _, origin, *further = flow.arguments()
    publics = tuple(further[1::2]) if "--public" in further else ()
    question = Asked(targets=(target,), origin=origin, publics=publics).question()
    return ask(question, (read(RECORDED / user / f"{name}.hairpin"),))


def _readers(user: str) -> tuple[str, ...]:
    return ("engine", "everybody") if user == "group" else ("everybody",)


def _visible(scenario: Scenario, user: str) -> set[str]:
    return {each for group in scenario.causes for each in group if SHOWN[each] in _readers(user)}


@pytest.mark.parametrize(("user", "name", "number"), thinned_rows(FLOWS, 5))
def test_what_the_user_may_read_is_named_first_and_the_rest_is_undecided(user: str, name: str, number: int) -> None:
    scenario = named(name)
    flow = scenario.flows[number]
    if user == "nobody" and "container:" in flow.origin():
        with pytest.raises(CollectError, match="ask with sudo"):
            _asked(user, name, flow)
        return
    answer = _asked(user, name, flow)
    blocking = [each.id for each in answer.causes if each.severity == "blocking"]
    visible = _visible(scenario, user) if flow.after is not Outcome.DELIVERED else set[str]()
    assert set(blocking[:1]) <= visible
    assert bool(blocking) == bool(visible)
    assert exit_status(answer) == (1 if visible else 3)
    assert all(each.verdict != "delivered" for each in answer.flows)  # no rule was read
    assert all(each.judge == "simulated" for each in answer.causes)


def test_each_cause_that_a_user_may_see_is_recorded() -> None:
    recorded = {cause for user, name in HOSTS for cause in _visible(named(name), user)}
    assert recorded == {cause for cause, reader in SHOWN.items() if reader != "root"}
    alone = {cause for user, name in HOSTS if user == "nobody" for cause in _visible(named(name), user)}
    assert alone == {cause for cause, reader in SHOWN.items() if reader == "everybody"}


def test_sixteen_faults_twelve_healthy_hosts() -> None:
    of_group = [named(name) for user, name in HOSTS if user == "group"]
    assert sum(bool(_visible(each, "group")) for each in of_group) >= 16
    assert sum(each.healthy for each in of_group) >= 12
