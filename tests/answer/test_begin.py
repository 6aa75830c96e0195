"""Ports that another host publishes as well."""

from msgspec.structs import replace

from hairpin.answer.begin import published_elsewhere
from hairpin.network.network import Network
from hairpin.question.target import parse_target
from tests.question.two_hosts import ONE, TWO
from tests.rows import each_row
from tests.small_host import container, engine
from tests.two_hosts import node

BOTH = Network((ONE, TWO))
SAID = (
    "two publishes port 8151, too (container web, api). This answer is about one; the TARGET 8151@two asks about the "
    "other host"
)
STOPPED = replace(TWO, engines=(engine(container("exited")),))


def _notes(network: Network, target: str) -> list[str]:
    return [str(each) for each in published_elsewhere(network, (parse_target(target),))]


def test_a_port_of_both() -> None:
    assert _notes(BOTH, "8151") == [SAID]
    assert _notes(BOTH, "8150-8152") == [SAID]


def test_a_port_that_the_asked_host_does_not_publish() -> None:
    said = [SAID.replace(", too", "")]
    assert _notes(Network((node("one"), TWO)), "8151") == said
    assert _notes(Network((replace(STOPPED, name="one"), TWO)), "8151") == said


@each_row("target", ("8151@one", "8151@two", "8152", "8151/udp", "198.51.100.11:8151", "web:80"))
def test_nothing_to_say(target: str) -> None:
    assert _notes(BOTH, target) == []


def test_one_host_and_one_whose_container_is_stopped() -> None:
    assert _notes(Network((ONE,)), "8151") == []
    assert _notes(Network((ONE, STOPPED)), "8151") == []
