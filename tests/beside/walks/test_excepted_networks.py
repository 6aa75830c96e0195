"""Clients whose answers a VPN takes are no fault where its owner has excepted the others."""

import msgspec
import pytest

from hairpin.beside.inquiry import Inquiry
from hairpin.beside.walks.excepted_networks import observe
from hairpin.diagnose.examination import examine
from hairpin.network.flow import Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.question import Question
from tests.inner_tunnel_host import behind_vpn
from tests.small_host import network, published

OF_CLIENTS = (
    msgspec.structs.replace(published(), invented=True),
    msgspec.structs.replace(published(), start=Lan(parse_address("198.51.100.77")[1])),
)
# the host, how many flows stay asked, how many of them fail, and how many questions they have
EXCEPTED: dict[str, tuple[Network, int, int, int]] = {
    "a listed network of clients passes": (behind_vpn("192.0.2.0/24"), 1, 0, 1),
    "the listed network is the host's": (behind_vpn("198.51.100.0/24"), 1, 0, 1),
    "both are listed": (behind_vpn("192.0.2.0/24", "198.51.100.0/24"), 2, 0, 0),
    "the list is of a former network": (behind_vpn("10.9.0.0/16"), 2, 2, 0),
    "no list": (behind_vpn(), 2, 2, 0),
    "no VPN": (network(), 2, 0, 0),
}


@pytest.mark.parametrize(("net", "asked", "failing", "questions"), EXCEPTED.values(), ids=EXCEPTED)
def test_whose_answers_a_vpn_takes(net: Network, asked: int, failing: int, questions: int) -> None:
    traces = observe(Inquiry(Question(), net, OF_CLIENTS, examine(net, OF_CLIENTS))).traces
    assert (len(traces), sum(not each.succeeds for each in traces)) == (asked, failing)
    assert sum(len(each.questions) for each in traces) == questions
