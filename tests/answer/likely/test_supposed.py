"""Whether a question names its target or its address decides whether a container's names are supposed."""

from hairpin.answer.answer import FlowAnswer
from hairpin.answer.ask import ask
from hairpin.answer.likely.supposed import with_supposed
from hairpin.answer.outcome import exit_status
from hairpin.network.world import World
from hairpin.question.question import Question, parse_question
from hairpin.walk.walk import walk_flow
from tests.pasted.readings import evidence_in_text
from tests.small_host import network, published

_RUN = "$ docker run -d --name web -p 8080:80 nginx\n"


def test_a_host_that_was_read_supposes_nothing() -> None:
    flow = FlowAnswer("f1", walk_flow(network(), published()))
    assert with_supposed(network(), (flow,), Question()) == (flow,)


def test_a_walk_on_a_text_says_what_it_supposes_and_is_undecided() -> None:
    question = parse_question("walk", ("8080",), "192.0.2.10", (), World())
    answer = ask(question, (evidence_in_text(_RUN),))
    assert answer.flows[0].supposed
    assert exit_status(answer) == 3
