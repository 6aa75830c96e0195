"""An answer is compared with the truth: a false alarm is as wrong as a miss."""

import pytest

from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario
from hairpin.report.documents.document import QuestionDocument
from hairpin.walk.verdicts import Verdict
from tests.lab.score.reports import cause, flow, report
from tests.score.diagnosis import Answer
from tests.score.judging import judge, judge_alone, judge_everything, names_all

LOST = Flow(target="8151", after=Outcome.TIMEOUT)
FINE = Flow(target="8151")
FAULTY = Scenario(
    name="ip-forward-off", title="", flows=(LOST,), causes=(("ip-forward-off", "interface-forwarding-off"),)
)
TWO = Scenario(name="two-faults.x", title="", flows=(LOST,), causes=(("ip-forward-off",), ("docker-user-drops",)))
HEALTHY = Scenario(name="healthy-x", title="", flows=(FINE,))


def answer(status: int, verdict: Verdict, *causes: str) -> Answer:
    named = tuple(cause(f"c{n}", each) for n, each in enumerate(causes, 1))
    return Answer(status, 0.5, report(flow(verdict), causes=named))


JUDGED: dict[str, tuple[Scenario, Answer, str]] = {
    "right": (FAULTY, answer(1, "dropped", "ip-forward-off"), ""),
    "an equally right id": (FAULTY, answer(1, "dropped", "interface-forwarding-off"), ""),
    "more behind the right one": (FAULTY, answer(1, "dropped", "ip-forward-off", "docker-user-drops"), ""),
    "right one only second": (FAULTY, answer(1, "dropped", "docker-user-drops", "ip-forward-off"), "named d"),
    "none named": (FAULTY, answer(1, "dropped"), "named nothing"),
    "other verdict": (FAULTY, answer(1, "refused", "ip-forward-off"), "the connection was timeout"),
    "undecided": (FAULTY, answer(3, "depends", "ip-forward-off"), "the connection was timeout"),
    "other exit status": (FAULTY, answer(0, "dropped", "ip-forward-off"), "exit status 0, should be 1"),
    "both of two": (TWO, answer(1, "dropped", "docker-user-drops", "ip-forward-off"), ""),
    "one of two": (TWO, answer(1, "dropped", "docker-user-drops"), "named docker-user-drops, the"),
    "healthy": (HEALTHY, answer(0, "delivered"), ""),
    "false alarm": (HEALTHY, answer(1, "delivered", "ip-forward-off"), "false alarm: ip-forward-off"),
    "delivered, but status 1": (HEALTHY, answer(1, "delivered"), "exit status 1, should be 0"),
    "no report": (HEALTHY, Answer(4, 0.1, None, "Traceback\nOops"), "status 4, no report: Oops"),
}


@pytest.mark.parametrize(("scenario", "said", "wrong"), JUDGED.values(), ids=JUDGED)
def test_judge(scenario: Scenario, said: Answer, wrong: str) -> None:
    (asked,) = scenario.flows
    row = judge(asked, asked.after, scenario.causes, said)
    assert [each[: len(wrong)] for each in row.wrong] == [wrong] * bool(wrong)


def test_the_expected_causes_stand_before_all_others() -> None:
    assert names_all((("a",), ("b", "c")), ("c", "a", "z"))
    assert not names_all((("a",), ("b",)), ("a", "z", "b"))
    assert not names_all((("a",),), ())


ACROSS = Flow(start="container:web@node1", to="10.244.2.2:80")


@pytest.mark.parametrize(("host", "right"), (("node2", True), ("node1", False)))
def test_of_several_hosts_the_cause_has_to_be_on_the_right_one(host: str, right: bool) -> None:
    said = report(flow(), causes=(cause("c1", "ip-forward-off", host=host),))
    row = judge(LOST, LOST.after, (("ip-forward-off@node2",),), Answer(1, 0.5, said), several_hosts=True)
    assert (row.named, row.is_cause_right, row.wrong == ()) == ((f"ip-forward-off@{host}",), right, right)


def alone(verdict: Verdict, assumed: str = "", option: str = "") -> Answer:
    questions = (QuestionDocument("q1", "?", "", "", option),) if option else ()
    return Answer(0, 0.5, report(flow(verdict, assumed=(assumed,)), questions=questions))


ALONE: dict[str, tuple[Answer, str]] = {
    "named in what is assumed": (alone("leaves", "198.51.100.12 answers (--host 198.51.100.12 reads it)"), ""),
    "named by a question": (alone("leaves", "10.244.2.2 answers", "--host 198.51.100.12"), ""),
    "no host named": (alone("leaves", "10.244.2.2 answers"), "the far host is not named"),
    "another address named": (alone("leaves", "", "--host 192.0.2.1"), "the far host is not named"),
    "called broken": (alone("dropped"), "the connection was delivered"),
}


@pytest.mark.parametrize(("said", "wrong"), ALONE.values(), ids=ALONE)
def test_one_host_alone_names_the_other(said: Answer, wrong: str) -> None:
    row = judge_alone(ACROSS, said, "node1")
    assert [each[: len(wrong)] for each in row.wrong] == [wrong] * bool(wrong)
    assert row.flow.endswith("asked of node1 alone")


def test_a_cause_on_a_healthy_host_of_a_broken_network_is_a_false_alarm() -> None:
    assert judge_everything(answer(0, "leaves"), several_hosts=True, alone="node1").wrong == ()
    sick = judge_everything(answer(1, "dropped", "masquerade-missing"), several_hosts=True, alone="node1")
    assert sick.wrong == ("false alarm: masquerade-missing@, a → b dropped",)


@pytest.mark.parametrize(("reason", "right"), (("no-neighbour", True), ("left-instead", True), ("rule", False)))
def test_the_kernel_reports_late_that_nobody_answers_arp(reason: str, right: bool) -> None:
    unreachable = Flow(target="8151", after=Outcome.UNREACHABLE)
    said = report(flow("dropped", "c1", reason=reason), causes=(cause("c1", "ip-forward-off"),))
    row = judge(unreachable, unreachable.after, FAULTY.causes, Answer(1, 0.5, said))
    assert (row.agrees, row.wrong == ()) == (right, right)


def test_a_verdict_and_a_cause_are_wrong_each_for_itself() -> None:
    row = judge(LOST, LOST.after, FAULTY.causes, answer(1, "refused", "docker-user-drops"))
    assert row.wrong == (
        "the connection was timeout, hairpin says refused",
        "named docker-user-drops, the cause is ip-forward-off/interface-forwarding-off",
    )


@pytest.mark.parametrize(("status", "wrong"), ((3, ()), (0, ("exit status 0, should be 3",))))
def test_what_passes_is_no_all_clear_while_the_engine_does_not_run(status: int, wrong: tuple[str, ...]) -> None:
    stopped = cause("c1", "docker-daemon-not-running", severity="latent")
    said = report(flow("delivered"), causes=(stopped,))
    assert judge(FINE, FINE.after, (), Answer(status, 0.5, said)).wrong == wrong
