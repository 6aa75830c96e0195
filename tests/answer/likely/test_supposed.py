"""Whether a question names its target or its address decides whether a container's names are supposed."""

from pathlib import Path

import msgspec

from hairpin.answer.answer import FlowAnswer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status
from hairpin.answer.likely.supposed import resting_behind, with_supposed
from hairpin.evidence.file import read
from hairpin.evidence.reading import HOST
from hairpin.network.world import World
from hairpin.question.question import Question, parse_question
from hairpin.suppose.parts import Supposition
from hairpin.walk.walk import walk_flow
from tests.agreement.reworded import text_of
from tests.pasted.readings import evidence_in_text
from tests.small_host import network, published

HOSTS = Path(__file__).parents[2] / "fixtures" / "hosts"
_RUN = "$ docker run -d --name web -p 8080:80 nginx\n"


def test_a_host_that_was_read_supposes_nothing() -> None:
    flow = FlowAnswer("f1", walk_flow(network(), published()))
    assert with_supposed(network(), (flow,), Question()) == (flow,)


def test_a_walk_on_a_text_says_what_it_supposes_and_is_undecided() -> None:
    question = parse_question("walk", ("8080",), "192.0.2.10", (), World())
    answer = ask(question, (evidence_in_text(_RUN),))
    assert answer.flows[0].supposed
    assert exit_status(answer) == 3


def test_behind_a_shown_stop_nothing_is_proven_of_what_no_text_tells() -> None:
    """The text shows the rule that drops the packet, and no listeners: whether one is there decides only without it."""
    recorded = read(HOSTS / "input-policy.hairpin")
    told = tuple(each for each in recorded.readings if (each.key, each.netns) != ("sockets", HOST))
    text = text_of(msgspec.structs.replace(recorded, readings=told))
    question = parse_question("check", ("198.51.100.11:7000",), "192.0.2.10", (), World())
    answer = ask(question, (evidence_in_text(text),), depth="causes")
    shown, behind = sorted(answer.causes, key=lambda each: each.stop != answer.flows[0].stop)
    assert (shown.id, behind.id) == ("input-drops-host-service", "port-not-published")
    as_read = msgspec.structs.replace(answer.flows[0], supposed=(), causes=(shown.ref, behind.ref))
    assert resting_behind(answer.network, (as_read,), answer.causes) == {behind.ref}
    assert (shown.likely, behind.likely) == (False, True)
    undecided = msgspec.structs.replace(answer.flows[0], supposed=(Supposition(HOST, "the sockets", "ss"),))
    assert resting_behind(answer.network, (undecided,), answer.causes) == set()
