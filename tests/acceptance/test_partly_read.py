"""Law: the answer from the containers that a question needs equals the answer from all containers."""

import json

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.evidence.reading import Evidence, Reading
from hairpin.network.world import World
from hairpin.question.question import Question, needed_containers, parse_question
from tests.acceptance.recorded import Asked, evidence, expected
from tests.whole import thinned_rows

EACH = 16
CASES = {
    f"{name} {flow.origin} {flow.to}": (name, flow)
    for offset, (name, flows) in enumerate(expected().items())
    for flow in flows[offset % EACH :: EACH]
}
"""Every sixteenth flow of each host, not the same of each: hosts differ by their fault, flows by what they need."""


def fits(word: str, container: Reading) -> frozenset[str]:
    """Return the names of the containers that the word fits, as collect.sh decides it: by the text of each."""
    kind, _, value = word.partition("=")
    found: set[str] = set()
    for line in container.text.splitlines():
        document = json.loads(line)
        name = document["Name"].removeprefix("/")
        text = json.dumps(document, separators=(",", ":"))
        if {"port": f'"HostPort":"{value}"' in text, "address": f'Address":"{value}"' in text}.get(kind) or (
            kind == "name" and (name == value or document["Id"].startswith(value))
        ):
            found.add(f"container:{name}")
    return frozenset(found)


def partly(whole: Evidence, question: Question) -> Evidence:
    """Return the evidence that the collector would have read for the question."""
    (containers,) = whole.all("docker-containers")
    needed = {name for word in needed_containers(question) for name in fits(word, containers)}
    left = [each for each in whole.namespaces() if each.startswith("container:") and each not in needed]
    note = Reading("e9999", "namespaces-left", "", "/proc/PID/ns/net", whole.taken_at, 0, "text",
                   "\n".join(each.removeprefix("container:") for each in left))  # fmt: skip
    kept = tuple(each for each in whole.readings if each.netns not in left)
    return msgspec.structs.replace(whole, readings=(*kept, *((note,) if left else ())))


def told(answer: Answer) -> object:
    """Return what the answer says: the verdicts, where packets stop, the causes with their commands and files."""
    return (
        [(each.verdict, each.stop and (each.stop.reason, each.stop.netns, each.stop.link)) for each in answer.flows],
        [(each.id, each.flows, each.together, each.alternatives, [r.commands for r in each.remedies],
          [r.persist for r in each.remedies]) for each in answer.causes],
    )  # fmt: skip


@pytest.mark.parametrize(("name", "flow"), thinned_rows(CASES.values(), 10), ids=CASES)
def test_what_a_question_does_not_need_changes_no_answer(name: str, flow: Asked) -> None:
    whole = evidence(name)
    question = parse_question("check", (flow.to,), flow.origin, (), World())
    part = partly(whole, question)
    assert told(ask(question, (part,), None, lambda: (whole,))) == told(ask(question, (whole,)))
