"""A container on the host's network that ended with an error is asked about where nothing else is."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ended import questions_about_ended
from hairpin.answer.outcome import exit_status
from hairpin.answer.states import with_states
from hairpin.host.docker import Container
from hairpin.question.asked import Target
from hairpin.question.question import Question
from hairpin.report.paper import Paper
from hairpin.report.places import NO_HOSTS
from hairpin.report.text.head_text import write_verdicts
from hairpin.report.words import Words
from tests.report.answers import answer
from tests.small_host import container, engine


def ended(name: str = "proxy", **changed: object) -> Container:
    """Return a container on the host's network that ended with exit code 1."""
    idle = msgspec.structs.replace(
        container("exited"), id=name, name=name, bindings=(), endpoints=(), network_mode="host", restart_policy="no",
        exit_code=1, error="", finished_at="2026-11-28T21:56:18Z",
    )  # fmt: skip
    return msgspec.structs.replace(idle, **changed)


def of(*containers: Container, targets: tuple[Target, ...] = (), flows: bool = False) -> Answer:
    """Return an answer about a host with these containers, without any flow."""
    found = answer()
    host = msgspec.structs.replace(found.network.this, contacts=(), engines=(engine(*containers),))
    return msgspec.structs.replace(
        found,
        question=Question("check", targets),
        network=msgspec.structs.replace(found.network, hosts=(host,)),
        flows=found.flows if flows else (),
        causes=(),
        notes=(),
    )


CASES: dict[str, tuple[Answer, tuple[str, ...]]] = {
    "an error": (of(ended()), ("proxy",)),
    "two": (of(ended(), ended("vpn", exit_code=2)), ("proxy", "vpn")),
    "many": (of(*(ended(f"c{n}") for n in range(5))), ("c0", "c1", "c2")),
    "a memory fault": (of(ended(exit_code=139)), ("proxy",)),
    "a job that is done": (of(ended(exit_code=0)), ()),
    "stopped by a person": (of(ended(exit_code=137), ended("b", exit_code=143), ended("c", exit_code=130)), ()),
    "an end that nobody knows": (of(ended(exit_code=None, finished_at="")), ()),
    "never started": (of(ended(status="created", exit_code=None)), ()),
    "its start failed": (of(ended(error="no such file")), ()),
    "a policy that a person has overruled": (of(ended(restart_policy="always")), ()),
    "a network of its own": (of(ended(network_mode="shop_default")), ()),
    "running": (of(container()), ()),
    "a target is named": (of(ended(), targets=(Target(8151),)), ()),
    "something is asked": (of(ended(), flows=True), ()),
}


@pytest.mark.parametrize(("found", "names"), CASES.values(), ids=CASES)
def test_an_end_with_an_error_is_a_question(found: Answer, names: tuple[str, ...]) -> None:
    asked = tuple(questions_about_ended(found, 0))
    assert tuple(dict(each.question.text.values)["name"] for each in asked) == names
    assert [each.ref for each in asked] == [f"q{n}" for n in range(1, len(names) + 1)]


def test_the_question_has_the_exit_code_the_time_and_the_log() -> None:
    (asked,) = questions_about_ended(of(ended()), 2)
    assert asked.ref == "q3"
    assert str(asked.question.text).endswith("ended by itself with exit code 1 at 2026-11-28T21:56:18Z")
    assert str(asked.question.if_yes).endswith("then run `docker start proxy`")
    assert [each.of for each in asked.question.wanted] == [("docker logs --tail 50 proxy",)]


def test_who_is_asked_about_is_in_no_note_and_no_cause() -> None:
    found = with_states(of(ended(), ended("job", exit_code=0)))
    assert [str(each) for each in found.notes] == ["1 container does not run: job (exited, policy no)"]
    assert found.causes == ()
    assert exit_status(found) == 0


@pytest.mark.parametrize("containers", ((ended(),), (ended(exit_code=0),)))
def test_the_question_comes_first(containers: tuple[Container, ...]) -> None:
    found = of(*containers)
    found = msgspec.structs.replace(found, questions=tuple(questions_about_ended(found, 0)))
    paper = Paper(width=100, coloured=False, ascii_only=False)
    write_verdicts(found, Words("en"), paper, NO_HOSTS, verbose=False)
    text = paper.text().strip()
    first = "question: Should proxy run?" if found.questions else "No container that runs here publishes a port"
    assert text.startswith(first)
    assert text.count("question:") == len(found.questions)
    assert "No container that runs here publishes a port" in text
