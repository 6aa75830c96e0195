import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.host.route import NextHop, Route
from hairpin.netfilter.packet import ICMP6, TCP, UDP, Packet
from hairpin.walk.mtu import piece_of, route_mtu, sent_in_pieces, taken_over, too_big_to_forward
from hairpin.walk.state import End, State

SPACE = Namespace("host", links=(Link(2, "eth0", mtu_bytes=1400),))
PLAIN4 = Route(4, 0, 0, next_hops=(NextHop("eth0"),))
PLAIN6 = Route(6, 0, 0, next_hops=(NextHop("eth0"),))
NARROW4, NARROW6 = (msgspec.structs.replace(each, mtu_bytes=1300) for each in (PLAIN4, PLAIN6))

# route, link, forwarding, MTU
ROUTES: dict[str, tuple[Route | None, str, bool, int | None]] = {
    "the link's": (PLAIN4, "eth0", False, 1400),
    "the route's own": (NARROW4, "eth0", False, 1300),
    "a router honours it": (NARROW4, "eth0", True, 1300),
    "an IPv6 router does not": (NARROW6, "eth0", True, 1400),
    "an IPv6 host does": (NARROW6, "eth0", False, 1300),
    "no route": (None, "eth0", False, 1400),
    "no such link": (PLAIN4, "eth9", False, None),
}


@pytest.mark.parametrize(("route", "link", "forwarding", "mtu"), ROUTES.values(), ids=ROUTES)
def test_route_mtu(route: Route | None, link: str, forwarding: bool, mtu: int | None) -> None:
    assert route_mtu(SPACE, route, link, forwarding=forwarding) == mtu


def standing(
    version: int, length: int, *, protocol: int = UDP, whole: bool = False, pieces: int | None = None
) -> State:
    packet = Packet(4 if version == 4 else 6, 1, 2, protocol, length_bytes=length, dont_fragment=whole)
    return State("forward", "host", packet, oif="eth0", mtu_bytes=1400, fragment_bytes=pieces or None)


# packet, answer of a router whose link takes 1400 bytes
FORWARDED: dict[str, tuple[State, str | None]] = {
    "fits": (standing(4, 1400, whole=True), None),
    "a byte too long": (standing(4, 1401, whole=True), "icmp-frag-needed"),
    "may be cut": (standing(4, 1401), None),
    "IPv6 is never cut on its way": (standing(6, 1401), "icmp6-too-big"),
    "IPv6 in pieces that fit": (standing(6, 1401, pieces=1280), None),
}


@pytest.mark.parametrize(("state", "answer"), FORWARDED.values(), ids=FORWARDED)
def test_too_big_to_forward(state: State, answer: str | None) -> None:
    assert too_big_to_forward(state, 1400) == answer


# packet of our own, its largest piece on the wire or what we are told
OWN: dict[str, tuple[State, int | str]] = {
    "fits": (standing(4, 1400), 1400),
    "cut at eight bytes": (standing(4, 1500), 20 + 1376),
    "cut behind the fragment header": (standing(6, 1500), 48 + 1352),
    "a ping, too": (standing(6, 1500, protocol=ICMP6), 48 + 1352),
    "not what TCP sends": (standing(6, 1500, protocol=TCP), "icmp6-too-big"),
    "nor what must not be cut": (standing(4, 1500, protocol=TCP, whole=True), "icmp-frag-needed"),
    "UDP may be cut if it does not fit": (standing(4, 1500, whole=True), 20 + 1376),
    "smaller pieces stay": (standing(4, 1500, pieces=1300), 1300),
}


@pytest.mark.parametrize(("state", "expected"), OWN.values(), ids=OWN)
def test_sent_in_pieces(state: State, expected: int | str) -> None:
    outcome = sent_in_pieces(state, "postrouting")
    if isinstance(outcome, End):
        assert outcome.stop is not None
        assert outcome.stop.reject == expected
    else:
        assert piece_of(outcome) == expected


def test_a_frame_may_be_longer_by_a_vlan_tag() -> None:
    port = Link(3, "veth1", "veth", mtu_bytes=1400, port=BridgePort())
    assert taken_over(standing(4, 1404), port) is None
    assert taken_over(standing(4, 1500, pieces=1404), port) is None
    end = taken_over(standing(4, 1405), port)
    assert end is not None
    assert end.kind == "dropped"
