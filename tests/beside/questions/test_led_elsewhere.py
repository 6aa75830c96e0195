"""A rule that sends packets for one machine to another is asked about."""

import msgspec
import pytest

from hairpin.beside.questions.led_elsewhere import of_trace
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rule_text import with_rule
from tests.small_host import egress, host_namespace, network, published

CAUGHT = with_rule("nat PREROUTING", "-p tcp -m tcp --dport 443 -j DNAT --to-destination 198.51.100.20:443")
NARROW = with_rule("nat PREROUTING", "-i eth0 -p tcp -m tcp --dport 443 -j DNAT --to-destination 198.51.100.20:443")
ASKED = msgspec.structs.replace(egress(), purpose="asked")


@pytest.mark.parametrize(
    ("net", "flow", "is_asked"),
    (
        (network(host_namespace(CAUGHT)), ASKED, True),
        (network(host_namespace(NARROW)), ASKED, False),
        (network(), published(), False),
    ),
    ids=("a rule for every link", "a rule for packets that come in", "a published port"),
)
def test_a_rule_that_takes_the_packets_of_another_machine_is_a_question(
    net: Network, flow: Flow, is_asked: bool
) -> None:
    questions = list(of_trace(net, walk_flow(net, flow)))
    assert [
        str(each.text).startswith("Should 198.51.100.20 get what container:web sends to ") for each in questions
    ] == [True] * is_asked
