"""One question about one host's evidence."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.check import sources_told_apart
from hairpin.answer.outcome import exit_status
from hairpin.diagnose.examination import examine
from hairpin.errors import ReplicaError
from hairpin.message import message
from hairpin.network.flow import Lan
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.question.question import Kind, Question
from hairpin.report.documents.document import report_document
from hairpin.report.words import Words
from tests.judges.kernels import Agreeing, Denying
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, answer, evidence
from tests.rule_text import with_rule
from tests.small_host import host_namespace, network, number, published

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


def test_clients_that_a_rule_tells_apart_are_named() -> None:
    filtered = host_namespace(with_rule("filter DOCKER-USER", "-s 192.0.2.0/24 -j DROP"))
    asked = published()
    flow = msgspec.structs.replace(asked, stand_ins=(number("203.0.113.10"),))
    (note,) = sources_told_apart(examine(network(filtered), (flow,)))
    said = Words("en")(note)
    assert "192.0.2.10 does not get through, but 203.0.113.10 does" in said
    assert "filter DOCKER-USER: -A DOCKER-USER -s 192.0.2.0/24 -j DROP; to see why, ask with --from 192.0.2.10" in said
    assert sources_told_apart(examine(network(), (flow,))) == ()


def test_a_neighbour_that_a_rule_singles_out_is_no_fault_of_the_port() -> None:
    filtered = network(host_namespace(with_rule("filter DOCKER-USER", "-s 198.51.100.250 -j DROP")))
    lan = next(each for each in flows_for(filtered, (Target(8151),), None) if isinstance(each.start, Lan))
    found = examine(filtered, (lan,))
    assert found.causes == ()
    assert "198.51.100.250 does not get through" in Words("en")(sources_told_apart(found)[0])
    whole = network(host_namespace(with_rule("filter DOCKER-USER", "-s 198.51.100.0/24 -j DROP")))
    assert [each.id for each in examine(whole, (lan,)).causes] == ["docker-user-drops"]
