"""The entry of a cause to come: what it is called, which event brings it, and what keeps it away."""

import pytest

from hairpin.answer.ask import ask
from hairpin.answer.cause_answers import of_searched
from hairpin.answer.findings import findings, without_repaired
from hairpin.diagnose.examination import examine
from hairpin.question.question import Question
from tests.causes.test_opening import denied
from tests.report.answers import FORWARDING_OFF, evidence
from tests.report.page.twelve import answer_named
from tests.rule_text import with_rule
from tests.small_host import published


def test_containers_without_a_restart_policy_are_told_once() -> None:
    (cause,) = ask(Question("check"), (evidence(),)).causes
    assert (cause.id, cause.severity, cause.event) == ("restart-policy-missing", "latent", "docker-restart")
    assert str(cause.candidate.title).startswith("after docker-restart: containers ")
    assert cause.proof is not None
    assert cause.remedies[0].persist_commands
    assert not cause.remedies[0].commands


def test_causes_that_are_at_work_stand_before() -> None:
    causes = ask(Question("check"), (evidence(FORWARDING_OFF),)).causes
    assert [each.severity for each in causes] == ["blocking", "latent"]
    assert len({each.ref for each in causes}) == 2


def test_a_title_names_a_few_of_many_containers() -> None:
    (cause,) = (each for each in answer_named("thirty-containers").causes if each.severity == "latent")
    assert str(cause.candidate.title).endswith(" and 24 more do not start again")


OF_ACCIDENT = "-i eth0 -p tcp --dport 80 -j DROP"
DECIDED = '-i eth0 -p tcp --dport 80 -m comment --comment "only the office" -j DROP'


@pytest.mark.parametrize(("rule", "exposed"), ((OF_ACCIDENT, False), (DECIDED, True)), ids=("accident", "decided"))
def test_the_loss_of_a_rule_that_the_answer_repairs_is_no_exposure(rule: str, exposed: bool) -> None:
    examination = examine(denied(rules=with_rule("filter DOCKER-USER", rule)), (published(),))
    causes = tuple(of_searched(examination))
    assert [each.decision is not None for each in causes] == [exposed]
    found = findings(examination, (), ahead=True, everything=False)
    assert [each.id for each in found] == ["runtime-only-rule"]
    assert without_repaired(found, causes) == (found if exposed else ())
