"""Which packets left the rebuilt hosts."""

import msgspec
import pytest

from hairpin.host.link import Link
from hairpin.netfilter.packet import ACK, RST, SYN, TCP, UDP
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, World
from hairpin.replica.judgement import Sighting
from hairpin.replica.plan.blueprint import WORLD, FarEnd, Way
from hairpin.replica.watch.departures import Departures
from tests.rows import each_row
from tests.two_hosts import ONE, TWO, network, node

WAYS = (Way(ONE, "eth0", "w1", 1), Way(TWO, "eth0", "w2", 2))
FAR = "203.0.113.80"
FLOW = Flow(FromHost(), 4, parse_address(FAR)[1], "tcp", 443, host="one")
REQUEST = Sighting(1, WORLD, "w1", False, 4, "198.51.100.11", FAR, TCP, 40000, 443, SYN)

CASES: dict[str, tuple[Sighting, bool]] = {
    "a request to somebody out there": (REQUEST, True),
    "the world sends it": (msgspec.structs.replace(REQUEST, out=True), False),
    "on a host": (msgspec.structs.replace(REQUEST, netns=ONE), False),
    "an answer": (msgspec.structs.replace(REQUEST, tcp_flags=SYN | ACK), False),
    "a refusal": (msgspec.structs.replace(REQUEST, tcp_flags=RST), False),
    "forwarded to the other host": (msgspec.structs.replace(REQUEST, destination="198.51.100.12"), False),
    "the outer packet of a tunnel": (msgspec.structs.replace(REQUEST, protocol=UDP, dport=8472), False),
}


@each_row(("seen", "left"), CASES.values(), ids=CASES)
def test_last(seen: Sighting, left: bool) -> None:
    assert Departures(network(), WAYS).last(FLOW, (seen,), reached=False) == (seen if left else None)


# source of the packet, the verdict
LOST = {
    "the host's own address": ("198.51.100.11", None),
    "an address that nobody out there knows": ("10.9.9.9", "unanswered"),
}


@pytest.mark.parametrize(("source", "said"), LOST.values(), ids=LOST)
def test_lost(source: str, said: str | None) -> None:
    seen = msgspec.structs.replace(REQUEST, source=source)
    assert Departures(network(), WAYS).lost(FLOW, (seen,), reached=False) == said


OUTER = msgspec.structs.replace(REQUEST, destination="198.51.100.12", protocol=UDP, dport=8472)
INNER = msgspec.structs.replace(REQUEST, at_ns=2, link="t1", source="10.9.9.9", destination="10.244.2.0")
FAR_END = FarEnd("t1", "198.51.100.12", 8472)


def alone(*peers: Peer) -> Departures:
    return Departures(Network((node("one"),), World(peers=peers)), WAYS[:1], (FAR_END,))


def test_what_comes_out_of_a_tunnel_has_left_whatever_its_source() -> None:
    assert alone().last(FLOW, (OUTER, INNER), reached=False) == INNER
    assert alone().lost(FLOW, (OUTER, INNER), reached=False) is None


def test_an_outer_packet_alone_has_not_left_but_may_be_refused() -> None:
    assert alone().last(FLOW, (OUTER,), reached=False) is None
    assert alone().lost(FLOW, (OUTER,), reached=False) is None
    refusing = Peer(4, parse_address("198.51.100.12")[1], 32, ((parse_address("203.0.113.0")[1], 24),))
    assert alone(refusing).lost(FLOW, (OUTER,), reached=False) == "unanswered"


def test_an_outer_packet_in_the_world_shows_an_unread_far_end() -> None:
    outer = msgspec.structs.replace(REQUEST, protocol=UDP, dport=8472)
    told = ("hairpin did not read the machine at 203.0.113.80, the far end of a tunnel",)
    found = Departures(network(), WAYS).not_told_apart(FLOW, (REQUEST, outer))
    assert tuple(str(each) for each in found) == told


def test_what_a_link_without_arp_sends_does_not_leave() -> None:
    """The frame is addressed to the link itself: drivers' ndo_start_xmit() sends it, and no machine takes it."""
    host = node("one")
    own = host.namespaces[0]
    links = tuple(
        msgspec.structs.replace(each, mac=7, flags=(*each.flags, "NOARP")) if each.name == "eth0" else each
        for each in own.links
    )
    mute = msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(own, links=links), *host.namespaces[1:]))
    unknown = msgspec.structs.replace(REQUEST, source="10.9.9.9")
    assert Departures(Network((mute,)), WAYS[:1]).lost(FLOW, (unknown,), reached=False) is None
    assert Departures(Network((host,)), WAYS[:1]).lost(FLOW, (unknown,), reached=False) == "unanswered"


def test_two_machines_behind_one_bridge_are_not_told_apart() -> None:
    host = node("one")
    own = host.namespaces[0]
    ports = (Link(2, "eth0", master="br0"), Link(9, "tap1", "tun", master="br0"), Link(8, "br0", "bridge"))
    links = (*(each for each in own.links if each.name != "eth0"), *ports)
    bridged = msgspec.structs.replace(own, links=links)
    built = Network((msgspec.structs.replace(host, namespaces=(bridged, *host.namespaces[1:])),))
    found = Departures(built, (WAYS[0], Way(ONE, "tap1", "w2", 2)))
    back = msgspec.structs.replace(REQUEST, link="w2")
    told = "in the test copy (replica), one machine stands for all machines behind the ports eth0 and tap1 of br0"
    assert tuple(map(str, found.not_told_apart(FLOW, (REQUEST, back)))) == (told,)
    assert tuple(found.not_told_apart(FLOW, (REQUEST,))) == ()
    assert tuple(Departures(network(), WAYS).not_told_apart(FLOW, (REQUEST, back))) == ()
