"""The error that a flow's sender sees, against real connections on recorded hosts."""

import pytest

from hairpin.answer.ask import ask
from hairpin.explain.outcomes import outcomes_of
from hairpin.question.question import Question
from hairpin.question.target import parse_origin
from tests.acceptance import recorded
from tests.explain.judge import REAL

HOSTS = ("none", "reject-first", "eth0-forwarding", "cont-no-default", "httpd-dead", "input-policy")


@pytest.mark.parametrize("name", HOSTS)
def test_the_real_outcome_is_among_them(name: str) -> None:
    for asked in recorded.expected()[name]:
        question = Question(targets=(recorded.target(asked.to),), origin=parse_origin(asked.origin))
        flow = ask(question, (recorded.evidence(name),), depth="flows").flows[0]
        seen = {REAL.get(each, "refused") for each in outcomes_of(flow)}
        assert (asked.real in seen) if asked.real != "delivered" else not seen, (asked, flow.verdict)


def test_nobody_knows_what_answers_a_packet_that_has_left_its_host() -> None:
    """Real: refused, unreachable, a time-out, by what the router says; a client outside sees its own time-out."""
    for asked in recorded.expected()["bridge-addr"]:
        question = Question(targets=(recorded.target(asked.to),), origin=parse_origin(asked.origin))
        flow = ask(question, (recorded.evidence("bridge-addr"),), depth="flows").flows[0]
        if asked.origin in ("192.0.2.10", "lan"):
            assert outcomes_of(flow) == {"timeout"}
        elif asked.origin == "host":
            assert outcomes_of(flow) == frozenset()
