"""The command that decides most of what an answer leaves open."""

from hairpin.answer.answer import Decides, Next
from hairpin.answer.ask import ask
from hairpin.message import message
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.next_command import next_of
from hairpin.report.words import Words
from tests.answer.likely.test_likely import TIMED_OUT, answer
from tests.report.answers import evidence
from tests.suppose.test_ordinary import RUN

ENGLISH = Words("en")


def found(*targets: str) -> Next | None:
    question = parse_question("check", targets, None, (), World(), None, None)
    return next_of(ask(question, (evidence(),), depth="causes"), ENGLISH)


def test_a_decided_answer_has_none() -> None:
    assert found("8151") is None


def test_an_answer_about_a_text_has_its_own() -> None:
    whole = answer(RUN, TIMED_OUT)
    assert next_of(whole, ENGLISH) is whole.next


def test_what_decides() -> None:
    one = Decides(message("a line"), message("it is so"), "ip-forward-off")
    assert Next("sysctl -a", (one, one, Decides(message("none"), message("left")))).decides == ("ip-forward-off",)
