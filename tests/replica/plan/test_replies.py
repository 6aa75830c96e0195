"""Echo replies of the world's kernel go back by the wire that the question came by."""

import pytest

from hairpin.host.link import Link
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.replica.plan.links import Wire
from hairpin.replica.plan.replies import marking, rules, table_of
from tests.small_host import CLIENT, HOST_NETNS

TWO = (Wire(HOST_NETNS, Link(2, "eth0"), "w1"), Wire(HOST_NETNS, Link(3, "eth1"), "w2"))
PING = Flow(FromHost(), 4, CLIENT, "icmp", 7)
CALL = Flow(Outside(CLIENT), 4, CLIENT, "tcp", 80)

# wires, flows, links whose frames are marked
MARKED: dict[str, tuple[tuple[Wire, ...], tuple[Flow, ...], tuple[str, ...]]] = {
    "a ping, two wires": (TWO, (PING,), ("w1", "w2")),
    "a ping out of the only wire": (TWO[:1], (PING,), ("w1",)),
    "sockets mark what they send themselves": (TWO, (CALL,), ()),
}


@pytest.mark.parametrize(("wires", "flows", "links"), MARKED.values(), ids=MARKED)
def test_marking(wires: tuple[Wire, ...], flows: tuple[Flow, ...], links: tuple[str, ...]) -> None:
    text = "".join(load.text for load in marking(wires, flows))
    assert [wire.name for wire in TWO if f'device "{wire.name}"' in text] == list(links)


def test_each_wires_mark_leads_to_its_table() -> None:
    found = [line.split() for line in rules(TWO)]
    assert [words[words.index("lookup") + 1] for words in found] == [str(table_of(number)) for number in range(2)]
    assert [words[words.index("fwmark") + 1] for words in found] == [str(table_of(number)) for number in range(2)]
