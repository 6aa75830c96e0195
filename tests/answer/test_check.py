"""The entry of a cause to come: what it is called, which event brings it, and what keeps it away."""

import msgspec
import pytest

from hairpin.answer.answer import CauseAnswer
from hairpin.answer.ask import ask
from hairpin.answer.cause_answers import of_searched
from hairpin.answer.check import findings, joined_by_choice, unasked_by_choice, without_repaired
from hairpin.change.calls import ConnectContainer, SetRestartPolicy
from hairpin.change.change import Change
from hairpin.diagnose.examination import examine
from hairpin.host.boot.configured import Configured
from hairpin.message import message
from hairpin.question.question import Question
from hairpin.remedy.remedy import OwnersDecision, Remedy
from tests.answer.test_ask import asked
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


DECISION = OwnersDecision(message("no east-west traffic"), message("Ask whoever made the rule"))
JOINING = Remedy("connect-network", (), change=Change((), (ConnectContainer("docker", "connect", "app", "web"),)))
OTHER = Remedy("start-container", (), change=Change((), (SetRestartPolicy("docker", "always", "web"),)))


def causes(*, decided: bool, first: Remedy) -> tuple[CauseAnswer, CauseAnswer]:
    """Return a cause that may be somebody's decision, and one that this remedy repairs."""
    (cause,) = asked(FORWARDING_OFF).causes
    undoing = Remedy("delete-rule", (), undoes=DECISION if decided else None)
    stops = msgspec.structs.replace(cause, ref="c1", remedies=(undoing,))
    return stops, msgspec.structs.replace(cause, ref="c2", remedies=(first,))


def test_a_common_network_undoes_the_decision_that_keeps_two_containers_apart() -> None:
    for decided, first, undoes in ((True, JOINING, DECISION), (False, JOINING, None), (True, OTHER, None)):
        stops, other = joined_by_choice(causes(decided=decided, first=first))
        assert other.remedies[0].undoes == undoes
        assert stops.remedies[0].undoes == (DECISION if decided else None)


def test_without_a_target_each_repair_of_a_decided_or_configured_stop_is_a_choice() -> None:
    (cause,) = asked(FORWARDING_OFF).causes
    assert unasked_by_choice(cause) == cause
    for changed in (
        msgspec.structs.replace(cause, decision=DECISION),
        msgspec.structs.replace(cause, configured=Configured("sysctl-file", "/etc/sysctl.d/9.conf", 3)),
    ):
        found = unasked_by_choice(changed)
        assert all(each.undoes is not None for each in found.remedies)
        assert unasked_by_choice(found) == found
