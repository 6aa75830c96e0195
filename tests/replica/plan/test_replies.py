"""Echo replies of the world's kernel go back by the wire that the question came by."""

import msgspec
import pytest

from hairpin.host.link import Link
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import is_held
from hairpin.replica.plan.links import Wire
from hairpin.replica.plan.replies import exempted_prefixes, exempted_sources, known_sources, marking, rules, table_of
from tests.small_host import CLIENT, HOST_NETNS, WEB, network, number, published
from tests.walk.granted.test_untranslated import TO_SITE, exempting

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


def test_the_source_is_the_containers_address() -> None:
    assert exempted_sources(exempting(), TO_SITE) == {WEB}
    assert exempted_sources(network(), TO_SITE) == frozenset()
    assert exempted_sources(exempting(), published()) == frozenset()


def test_prefixes_are_of_the_asked_version() -> None:
    assert list(exempted_prefixes(exempting(), (TO_SITE,), 4)) == ["172.17.0.2/32"]
    assert list(exempted_prefixes(exempting(), (TO_SITE,), 6)) == []


def test_the_outside_answers_an_address_that_table_local_takes() -> None:
    taken, beside = number("203.0.113.80"), number("203.0.113.81")
    route = Route(4, taken, 32, table=TABLE_LOCAL, type="local", next_hops=(NextHop("eth0"),))
    wide = Route(4, beside, 32, table=100, type="local", next_hops=(NextHop("lo"),))
    own = network().this.namespace("host")
    whole = network().with_namespace(HOST_NETNS, msgspec.structs.replace(own, routes=(*own.routes, route, wide)))
    assert "203.0.113.80/32" not in set(known_sources(network(), 4))
    assert "203.0.113.80/32" in set(known_sources(whole, 4))
    assert "203.0.113.81/32" not in set(known_sources(whole, 4))
    assert is_held(whole, 4, taken)
    assert not is_held(network(), 4, taken)
