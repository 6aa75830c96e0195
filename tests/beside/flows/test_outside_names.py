from hairpin.beside.flows.outside_names import notes
from hairpin.beside.inquiry import Inquiry
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.question.target import parse_target
from tests.question.test_outside_names import asked


def said(target: str, flows: tuple[Flow, ...]) -> tuple[str, ...]:
    return tuple(map(str, notes(Inquiry(Question(targets=(parse_target(target),)), Network(()), flows))))


def test_the_answer_says_that_the_name_was_not_looked_up() -> None:
    (note,) = said("example.com", asked("example.com"))
    assert "does not look up example.com" in note
    assert said("8151", asked("8151", None)) == ()
