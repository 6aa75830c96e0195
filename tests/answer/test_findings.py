"""The entry of a cause to come: what it is called, which event brings it, and what keeps it away."""

from hairpin.answer.ask import ask
from hairpin.question.question import Question
from tests.report.answers import FORWARDING_OFF, evidence
from tests.report.page.twelve import answer_named


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
