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
