from hairpin.beside.flows.sharers import notes
from hairpin.beside.inquiry import Inquiry
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.question import Question
from tests.question.test_held import SIDE, STOPPED, WEB_SERVES, moved, shared


def said(network: Network, container: str = "side") -> tuple[str, ...]:
    return tuple(map(str, notes(Inquiry(Question(targets=(Target(container=container),)), network, ()))))


def test_a_note_names_the_ports_that_the_owner_does_not_publish() -> None:
    told = said(shared(SIDE, WEB_SERVES, (8080, SIDE)))
    assert told == ("side shares the network of web; it listens on 8080/tcp, which web does not publish",)
    for silent in (shared(SIDE, (80, SIDE)), shared(STOPPED, WEB_SERVES), shared(moved(SIDE), (81, SIDE), left=True)):
        assert said(silent) == ()
    assert said(shared(SIDE, (8080, SIDE)), "web") == ()
