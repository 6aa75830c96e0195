"""The stated outcomes that a cause leaves unexplained, or contradicts."""

from hairpin.answer.likely.against import unexplained_failures, with_against
from tests.answer.likely.test_likely import OFF, REFUSED, TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, RUN

WORKS = "$ curl -I http://10.8.0.5:8080\nHTTP/1.1 200 OK\n"
REFUSED_ELSEWHERE = REFUSED.replace("8080", "9090")
SWITCHED_OFF = "WARNING: IPv4 forwarding is disabled. Networking will not work.\n"


def test_an_answer_that_the_cause_would_not_let_happen_speaks_against_it() -> None:
    found = answer(RUN, WORKS, REFUSED_ELSEWHERE, SWITCHED_OFF)
    cause = next(each for each in found.causes if each.id == "ip-forward-off")
    assert "answered" in [each.result for each in cause.against]
    assert "answered" not in [each.result for each in cause.explains]
    assert next(each for each in answer(RUN, SWITCHED_OFF, TIMED_OUT).causes if each.id == cause.id).against == ()


def test_all_failures_that_are_explained_leave_nothing_to_ask() -> None:
    found = answer(RUN, ADDRESSES, OFF, TIMED_OUT)
    assert found.next is None
    assert list(unexplained_failures(found)) == []


def test_a_failure_that_is_not_explained_leaves_the_next_command() -> None:
    found = answer(RUN, ADDRESSES, OFF, TIMED_OUT, REFUSED_ELSEWHERE)
    assert [each.port for each in unexplained_failures(found)] == [9090]


def test_without_a_stated_outcome_nothing_speaks_against_a_cause() -> None:
    found = answer(RUN, ADDRESSES, OFF, targets=("8080",))
    assert with_against(found).causes == found.causes


def test_a_proven_cause_says_which_failures_it_does_not_explain() -> None:
    cause = answer(RUN, ADDRESSES, OFF, TIMED_OUT, REFUSED_ELSEWHERE).causes[0]
    assert [each.port for each in cause.explains] == [8080]
    assert [each.port for each in cause.against] == [9090]
