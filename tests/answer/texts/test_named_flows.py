"""Only flows that a text names, from its sender, count for it."""

import pytest

from hairpin.answer.ask import ask
from hairpin.answer.texts.here import Here
from hairpin.answer.texts.named_flows import outcomes_of
from hairpin.question.question import Question
from hairpin.question.target import parse_origin
from tests.acceptance import recorded
from tests.explain.answers import the_only
from tests.explain.judge import REAL
from tests.report.answers import FORWARDING_OFF, Replacement
from tests.rows import each_row

UPSTREAM = 'upstream timed out (110: Connection timed out) while connecting to upstream: "http://0.0.0.0:8080/"'
CASES: dict[str, tuple[str, tuple[Replacement, ...], str, Here]] = {
    "its port": ("dial tcp 0.0.0.0:8080: i/o timeout", (FORWARDING_OFF,), "192.0.2.7", "true"),
    "another port": ("dial tcp 0.0.0.0:8081: i/o timeout", (FORWARDING_OFF,), "192.0.2.7", "unknown"),
    "a URL": (UPSTREAM, (FORWARDING_OFF,), "192.0.2.7", "true"),
    "another sender": ("dial tcp 0.0.0.0:8080: i/o timeout", (FORWARDING_OFF,), "host", "false"),
}


@pytest.mark.parametrize(("text", "host", "origin", "here"), CASES.values(), ids=CASES)
def test_here(text: str, host: tuple[Replacement, ...], origin: str, here: Here) -> None:
    assert the_only(text, *host, origin=origin).here.here == here


HOSTS = ("none", "reject-first", "eth0-forwarding", "cont-no-default", "httpd-dead", "input-policy")


@each_row("name", HOSTS)
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
