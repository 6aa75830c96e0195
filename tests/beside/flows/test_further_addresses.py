"""A port is asked at one address of each link; a further address is asked if the port's flow ends otherwise there."""

import msgspec
import pytest

from hairpin.beside.flows.further_addresses import observe
from hairpin.beside.inquiry import Inquiry
from hairpin.beside.walks import further_questions
from hairpin.diagnose.examination import examine
from hairpin.host.docker import PortBinding
from hairpin.host.link import Address
from hairpin.host.route import Route
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from hairpin.question.question import Question
from hairpin.question.target import parse_target
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, HOST_ADDRESS, container, engine, host_namespace, local, network, number

FURTHER = number("198.51.100.50")
ITS_ROUTE = local("198.51.100.50/32", "eth0")
RAW = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{0}\nCOMMIT\n"
AGAINST = RAW.format("-A PREROUTING -d 198.51.100.50/32 -p tcp -m tcp --dport 8151 -j DROP")
ON_ONE = PortBinding("tcp", 80, 8151, HOST_ADDRESS, 4)
TO_WEB = Target(8151)


def second(rules: str = DOCKER_RULES, *, routes: tuple[Route, ...] = (ITS_ROUTE,), raw: str = "") -> Network:
    """Return the host with a second address on eth0."""
    host = host_namespace(rules + raw, routes=routes)
    held = (*host.addresses, Address("eth0", 4, FURTHER, 24, secondary=True))
    return network(msgspec.structs.replace(host, addresses=held))


def asked(net: Network, *targets: Target) -> Inquiry:
    return observe(Inquiry(Question(targets=targets), net, flows_for(net, targets, None)))


def counts_of(inquiry: Inquiry) -> tuple[int, int, int]:
    """Return how many flows to the further address, questions and notes there are."""
    return sum(each.daddr == FURTHER for each in inquiry.flows), len(inquiry.asks), len(inquiry.notes)


ALLOWING = RAW.format(
    "-A PREROUTING -d 198.51.100.11/32 -p tcp -m tcp --dport 8151 -j ACCEPT\n"
    "-A PREROUTING -p tcp -m tcp --dport 8151 -j DROP"
)
OTHER_PORT = AGAINST.replace("8151", "8152")
CASES = {
    "as the first one": (second(), (0, 0, 0)),
    "there is none": (network(host_namespace()), (0, 0, 0)),
    "a rule is against it": (second(raw=AGAINST), (0, 1, 0)),
    "a rule is against another port of it": (second(raw=OTHER_PORT), (0, 0, 0)),
    "a rule lets the first one in only": (second(raw=ALLOWING), (0, 0, 1)),
    "it has no local route": (second(routes=()), (1, 0, 0)),
    "a rule of another link names it": (second(raw=AGAINST.replace("-d", "-i eth9 -d")), (0, 0, 0)),
}


@pytest.mark.parametrize(("net", "counts"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("targets", ((), (TO_WEB,)), ids=("everything", "the port"))
def test_what_is_asked_of_a_further_address(
    net: Network, counts: tuple[int, int, int], targets: tuple[Target, ...]
) -> None:
    assert counts_of(asked(net, *targets)) == counts


def test_a_rule_against_it_is_a_question_of_the_flow_that_stands_for_it() -> None:
    net = second(raw=AGAINST)
    inquiry = asked(net, TO_WEB)
    ((_, question),) = inquiry.asks
    found = further_questions.observe(inquiry.examined(examine(net, inquiry.flows))).walked
    assert str(question.text).startswith("Should clients reach 8151/tcp at 198.51.100.50, as they do at 198.51.100.11?")
    assert [question in each.trace.questions for each in found.diagnoses] == [True, False, False, False]


def test_an_address_that_the_user_names_stands_for_no_other() -> None:
    assert counts_of(asked(second(raw=AGAINST), parse_target("198.51.100.11:8151"))) == (0, 0, 0)


def test_a_port_that_is_published_at_one_address_is_not_asked_at_others() -> None:
    docker = engine(container(binding=ON_ONE))
    net = msgspec.structs.replace(second(raw=AGAINST))
    (host,) = net.hosts
    net = msgspec.structs.replace(net, hosts=(msgspec.structs.replace(host, engines=(docker,)),))
    assert counts_of(asked(net, TO_WEB)) == (0, 0, 0)


def test_a_note_names_the_command_that_tells() -> None:
    (note,) = asked(second(with_rule("filter DOCKER-USER", "-j RETURN"), raw=ALLOWING), TO_WEB).notes
    assert "let clients reach 198.51.100.11:8151/tcp, but not this port at 198.51.100.50" in str(note)
