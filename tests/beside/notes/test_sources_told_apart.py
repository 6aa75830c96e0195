"""A note names the rule that stops one client while another passes."""

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.beside.notes.sources_told_apart import notes
from hairpin.diagnose.examination import examine
from hairpin.message import Message
from hairpin.network.flow import Flow, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from hairpin.question.question import Question
from hairpin.report.words import Words
from tests.rule_text import with_rule
from tests.small_host import host_namespace, network, published


def told(net: Network, flows: tuple[Flow, ...]) -> tuple[Message, ...]:
    return tuple(notes(Inquiry(Question(), net, flows, examine(net, flows))))


def test_clients_that_a_rule_tells_apart_are_named() -> None:
    filtered = host_namespace(with_rule("filter DOCKER-USER", "-s 192.0.2.0/24 -j DROP"))
    asked = published()
    flow = msgspec.structs.replace(asked, stand_ins=(parse_address("203.0.113.10")[1],))
    (note,) = told(network(filtered), (flow,))
    said = Words("en")(note)
    assert "192.0.2.10 does not get through, but 203.0.113.10 does" in said
    assert "filter DOCKER-USER: -A DOCKER-USER -s 192.0.2.0/24 -j DROP; to see why, ask with --from 192.0.2.10" in said
    assert told(network(), (flow,)) == ()


def test_a_neighbour_that_a_rule_singles_out_is_no_fault_of_the_port() -> None:
    filtered = network(host_namespace(with_rule("filter DOCKER-USER", "-s 198.51.100.250 -j DROP")))
    lan = next(each for each in flows_for(filtered, (Target(8151),), None) if isinstance(each.start, Lan))
    assert examine(filtered, (lan,)).causes == ()
    assert "198.51.100.250 does not get through" in Words("en")(told(filtered, (lan,))[0])
    whole = network(host_namespace(with_rule("filter DOCKER-USER", "-s 198.51.100.0/24 -j DROP")))
    assert [each.id for each in examine(whole, (lan,)).causes] == ["docker-user-drops"]
