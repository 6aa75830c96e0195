"""One question about one host's evidence."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status
from hairpin.errors import ReplicaError
from hairpin.message import message
from hairpin.question.asked import Origin, Target
from hairpin.question.question import Kind, Question
from hairpin.report.documents.document import report_document
from hairpin.report.words import Words
from tests.judges.kernels import Agreeing, Denying
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, answer, evidence

OWN = evidence().kernel
ALL = Question(targets=(Target(8080),))


def asked(*replacements: Replacement, kernel: Agreeing | None = None, kind: Kind = "check") -> Answer:
    return ask(msgspec.structs.replace(ALL, kind=kind), (evidence(*replacements),), kernel)


def test_a_diagnosis_has_causes_with_their_repairs() -> None:
    found = asked(FORWARDING_OFF)
    (cause,) = found.causes
    assert (cause.ref, cause.id, cause.severity) == ("c1", "interface-forwarding-off", "blocking")
    assert (cause.flows, cause.together, cause.judge, cause.event) == (("f1", "f2"), ("c1",), "simulated", None)
    assert cause.remedies[0].commands == ("sysctl -w net.ipv4.conf.eth0.forwarding=1",)
    assert [each.causes for each in found.flows][:2] == [("c1",), ("c1",)]


def test_what_events_bring_is_not_looked_for_if_only_now_counts() -> None:
    dnat = "[1:60] -A DOCKER ! -i br-5c658742893b -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.21.0.2:80\n"
    with_events, now = (ask(ALL, (evidence((dnat, "")),), depth=depth) for depth in ("events", "causes"))
    assert "latent" in {each.severity for each in with_events.causes}
    assert "latent" not in {each.severity for each in now.causes}
    assert [each.verdict for each in with_events.flows] == [each.verdict for each in now.flows]


def test_no_cause_is_looked_for_if_only_the_flows_count() -> None:
    whole, flows = (ask(ALL, (evidence(FORWARDING_OFF),), Agreeing(OWN), depth=depth) for depth in ("causes", "flows"))
    assert whole.causes
    assert (flows.causes, flows.unread) == ((), whole.unread)
    assert [(each.verdict, each.judge) for each in flows.flows] == [(each.verdict, each.judge) for each in whole.flows]


def test_what_the_kernel_confirms_is_replicated() -> None:
    found = asked(FORWARDING_OFF, USER_DROPS, kernel=Agreeing(OWN))
    assert {each.judge for each in found.flows} == {each.judge for each in found.causes} == {"replicated"}
    assert (found.kernel, found.disputes) == (OWN, ())


def test_what_the_kernel_denies_is_disputed() -> None:
    found = asked(kernel=Denying(OWN))
    assert [each.flow for each in found.disputes] == [each.ref for each in found.flows]
    assert {each.judge for each in found.flows} == {"simulated"}


def test_walk_follows_the_first_flow() -> None:
    found = asked(kind="walk")
    assert [each.ref for each in found.flows] == ["f1"]
    assert found.flows[0].trace == asked().flows[0].trace
    assert (found.causes, found.kernel) == ((), None)


def test_a_proof_has_both_judges() -> None:
    found = asked(FORWARDING_OFF, kind="prove", kernel=Agreeing(OWN))
    assert [each.judge for each in found.flows] == ["replicated"] * len(found.flows)
    assert found.kernel == OWN
    with pytest.raises(ReplicaError, match="need Linux"):
        asked(kind="prove", kernel=Agreeing(OWN, message("test copies of a network (replicas) need Linux")))


def test_the_question_and_the_evidence_stand_in_the_answer() -> None:
    found = answer()
    assert (found.question, found.evidence) == (Question(targets=(Target(8080),)), (evidence(),))


def test_a_port_that_nobody_publishes_is_a_diagnosis() -> None:
    found = ask(Question(targets=(Target(9999),)), (evidence(),))
    assert [each.id for each in found.causes] == ["port-not-published"]
    assert "8080/tcp" in str(found.causes[0].candidate.detail)
    assert exit_status(found) == 1


def test_bytes_that_are_no_text_can_be_printed() -> None:
    whole = evidence()
    rule = "-A DOCKER-USER -j RETURN"
    comment = f'-A DOCKER-USER -m comment --comment "caf\udce9" -j DROP\n[0:0] {rule}'
    readings = tuple(msgspec.structs.replace(each, text=each.text.replace(rule, comment)) for each in whole.readings)
    found = ask(
        Question(targets=(Target(8080),), origin=Origin("lan")), (msgspec.structs.replace(whole, readings=readings),)
    )
    told = msgspec.json.encode(report_document(found, Words())).decode()
    assert "caf\\\\xe9" in told
