"""The second judge on what decides."""

from hairpin.compare.comparison import comparison_of, network_sides
from hairpin.judges.replicated import rule_count
from hairpin.message import message
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.replica.judgement import Case, Kernel, Outcome
from tests.compare.small_pairs import host
from tests.report.answers import FORWARDING_OFF, evidence, network


class _Unable(Kernel):
    """A kernel on which no replica can be built."""

    @property
    def release(self) -> str:
        return "6.1"

    def __init__(self) -> None:
        self.asked: list[Case] = []

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        self.asked += cases
        return tuple(Outcome(error=message("no replica here")) for _ in cases)


def test_one_case_for_each_set_and_its_change() -> None:
    kernel = _Unable()
    question = parse_question("check", ("8080",), None, (), World())
    was, now = network().this, network(FORWARDING_OFF).this
    found = comparison_of(question, was, now, (evidence(), evidence(FORWARDING_OFF)), kernel)
    assert {each.judge for each in found.flows} == {"simulated"}
    (case,) = kernel.asked
    assert case.change is not None
    assert len(case.change.parts) == 1


def test_rules_are_counted() -> None:
    assert rule_count(network_sides(host(), host())[0].was) > 10
