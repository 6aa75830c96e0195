"""Faults apart from what healthy hosts log; the lines that mean nothing, and what they name."""

from itertools import cycle

from hairpin.answer.texts.explain import explain_texts
from hairpin.explain.understand import understand
from tests.acceptance import recorded
from tests.explain.answers import NOW, explain
from tests.explain.judge import client_lines
from tests.explain.texts import harmless
from tests.rows import each_row

ROUTINE = "docker0: port 1(vetheef33f4) entered disabled state"
DETACHED = (
    '"ifname":"vetheef33f4","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"]',
    '"ifname":"vetheef33f4","flags":["BROADCAST","MULTICAST"]',
)
HARMLESS = "iptables: Bad rule (does a matching rule exist in that chain?)."


def test_harmless_lines_are_no_fault() -> None:
    assert explain("\n".join(harmless())).found == ()


@each_row("line", harmless())
def test_a_harmless_line_alone_is_no_fault(line: str) -> None:
    assert explain(line).found == ()


def test_a_routine_line_is_told_where_a_cause_of_it_holds() -> None:
    off = explain(ROUTINE, DETACHED)
    assert [(each.text.entry.id, each.here.here) for each in off.found] == [("bridge-port-disabled", "true")]
    within = explain(f"docker0: something else\n{ROUTINE}")
    assert within.found == ()
    assert [each.entry.id for each in within.harmless] == ["bridge-port-disabled"]


def test_a_dockerd_that_was_killed_and_runs_again_is_no_fault_in_a_log() -> None:
    killed = "docker.service: Failed with result 'signal'."
    assert explain(f"{killed}\nStarted docker.service.").found == ()
    assert [each.entry.id for each in explain(killed).harmless] == ["dockerd-ended"]
    assert [each.text.entry.id for each in explain("docker.service: Start request repeated too quickly.").found] == [
        "dockerd-start-limit"
    ]


def test_a_harmless_text_is_said_to_be_so() -> None:
    found = explain(HARMLESS)
    assert (found.found, [each.entry.id for each in found.harmless]) == ((), ["iptables-bad-rule"])


def test_what_means_nothing_is_offered_as_a_question() -> None:
    found = explain("the frobnicator at 10.0.0.5:8080 is sad")
    assert (found.found, found.targets) == ((), ("10.0.0.5:8080",))
    assert found.unknown[0].quote == "the frobnicator at 10.0.0.5:8080 is sad"


def test_several_texts_are_answered_by_one_reading() -> None:
    text = "WARNING: IPv4 forwarding is disabled.\nnf_conntrack: table full, dropping packet\ncurl: (6) x"
    assert len(explain(text).found) == 3


def test_a_name_that_is_no_container_is_not_asked() -> None:
    (found,) = explain("curl: (7) Failed to connect to nobody.example port 80: Connection refused").found
    assert found.here.here == "unknown"


def test_a_text_is_told_the_same_alone_and_among_others() -> None:
    """The texts of one sender are asked about together; a flow that one names is no answer to another."""
    evidence = recorded.evidence("input-policy")
    chosen = [each.text for each in client_lines() if "{a}" in each.text and each.outcome == "timeout"][::12]
    ends = (("172.17.0.2", "80"), ("198.51.100.11", "8151"), ("198.51.100.11", "80"))
    lines = [
        f"sibling  | {text}".replace("{a}", address).replace("{p}", port)
        for text, (address, port) in zip(chosen, cycle(ends), strict=False)
    ]

    def told(*some: str) -> list[str]:
        found = explain_texts(understand([each.encode() for each in some], NOW), (evidence,), None).found
        return [each.here.here for each in found]

    together = told(*lines)
    assert len(set(together)) > 1
    assert together == [here for line in lines for here in told(line)]
