"""The smallest sets that decide flows."""

from hypothesis import given
from hypothesis import strategies as st

from hairpin.compare.comparison import comparison_of, network_sides
from hairpin.compare.deciding import minimal_set, without_unneeded
from hairpin.judges.replicated import rule_count
from hairpin.message import message
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.replica.judgement import Case, Kernel, Outcome
from tests import small_host as small
from tests.compare.small_pairs import comparison, host, with_rules
from tests.report.answers import FORWARDING_OFF, evidence, network

USER = "-A DOCKER-USER -j RETURN\n"


@given(st.frozensets(st.integers(0, 30), min_size=1, max_size=5))
def test_a_set_that_is_needed_whole_is_found(wanted: frozenset[int]) -> None:
    def leads(chosen: frozenset[int]) -> bool:
        return wanted <= chosen

    assert without_unneeded(minimal_set(frozenset(range(31)), leads), leads) == wanted


def test_one_change_decides() -> None:
    harmless = "-A DOCKER-USER -s 203.0.113.0/24 -p udp -j DROP\n"
    now = with_rules((USER, f"{harmless}-A DOCKER-USER -p tcp -j DROP\n{USER}"))
    found = comparison(now)
    by_ref = {each.ref: each for each in found.differences}
    outside = next(each for each in found.flows if each.before.flow.start == small.OUTSIDE)
    assert [by_ref[ref].after for ref in outside.changes] == ["-A DOCKER-USER -p tcp -j DROP"]
    assert outside.undoing == outside.changes


def test_two_decide_only_together() -> None:
    now = with_rules(
        (":DOCKER-USER", ":NEW - [0:0]\n:DOCKER-USER"), (USER, f"-A NEW -j DROP\n-A DOCKER-USER -j NEW\n{USER}")
    )
    found = comparison(now)
    assert {len(each.changes) for each in found.flows} == {2}


def test_each_of_two_decides_and_both_undo() -> None:
    two = "-A DOCKER-USER -p tcp -j DROP\n-A DOCKER-USER -d 172.17.0.0/16 -p tcp -j DROP\n"
    flow = comparison(with_rules((USER, two + USER))).flows[0]
    assert len(flow.changes) == 1
    assert len(flow.instead) == 1
    assert set(flow.undoing) == {*flow.changes, *flow.instead[0]}


def test_what_decides_nothing() -> None:
    found = comparison(with_rules((USER, f"-A DOCKER-USER -s 203.0.113.0/24 -p udp -j DROP\n{USER}")))
    assert len(found.differences) == 1
    assert found.flows == ()


def test_a_repair() -> None:
    broken = with_rules((USER, f"-A DOCKER-USER -p tcp -j DROP\n{USER}"))
    found = comparison(host(), broken)
    assert {(each.before.verdict, each.after.verdict) for each in found.flows} >= {("dropped", "delivered")}
    assert {each.changes for each in found.flows} == {("d1",)}


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
