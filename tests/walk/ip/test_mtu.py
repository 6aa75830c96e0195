import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.host.route import NextHop, Route
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.ir import Ruleset, Table
from hairpin.netfilter.packet import ICMP6, TCP, UDP, Packet
from hairpin.walk.ip.mtu import (
    defragmented,
    fragmented,
    fragmented_by_bridge,
    fragmented_by_socket,
    length_on_wire,
    received_from_bridge,
    route_mtu,
    too_big_to_forward,
    too_long_for,
)
from hairpin.walk.state import End, Fragments, State
from tests.rows import each_row
from tests.small_host import HOST_NETNS

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


@each_row(("route", "link", "forwarding", "mtu"), ROUTES.values(), ids=ROUTES)
def test_route_mtu(route: Route | None, link: str, forwarding: bool, mtu: int | None) -> None:
    assert route_mtu(SPACE, route, link, forwarding=forwarding) == mtu


def test_ipv6_has_an_mtu_of_its_own() -> None:
    space = msgspec.structs.replace(SPACE, sysctls=Sysctls({("net", "ipv6", "conf", "eth0", "mtu"): "1350"}))
    found = [route_mtu(space, each, "eth0", forwarding=True) for each in (PLAIN4, PLAIN6)]
    assert found == [1400, 1350]


# kernel, ip_forward_use_pmtu, what a router of IPv4 and of IPv6 lets through
OLDER: dict[str, tuple[str, str | None, int, int]] = {
    "Linux 3.10 goes by the route": ("3.10.105", None, 1300, 1300),
    "CentOS 7 by the link, of IPv4": ("3.10.0-1160.el7.x86_64", None, 1400, 1300),
    "and by the route, if told": ("3.10.0-1160.el7.x86_64", "1", 1300, 1300),
    "RHEL 8": ("4.18.0-240.el8.x86_64", "0", 1400, 1400),
    "told": ("4.18.0-240.el8.x86_64", "1", 1300, 1400),
    "Ubuntu 20.04": ("5.4.0-150-generic", "0", 1300, 1400),
    "5.10": ("5.10.0-32-amd64", "0", 1300, 1400),
    "6.18": ("", "0", 1300, 1400),
}


@each_row(("kernel", "told", "four", "six"), OLDER.values(), ids=OLDER)
def test_whether_a_router_honours_the_routes_mtu(kernel: str, told: str | None, four: int, six: int) -> None:
    values: dict[tuple[str, ...], str] = {("net", "ipv4", "ip_forward_use_pmtu"): told} if told is not None else {}
    space = msgspec.structs.replace(SPACE, kernel=kernel, sysctls=Sysctls(values))
    assert route_mtu(space, NARROW4, "eth0", forwarding=True) == four
    assert route_mtu(space, NARROW6, "eth0", forwarding=True) == six
    assert [route_mtu(space, each, "eth0", forwarding=False) for each in (NARROW4, NARROW6)] == [1300, 1300]


def standing(
    version: int, length: int, *, protocol: int = UDP, whole: bool = False, pieces: int | None = None, iif: str = ""
) -> State:
    packet = Packet(4 if version == 4 else 6, 1, 2, protocol, length_bytes=length, dont_fragment=whole)
    return State(
        "forward", HOST_NETNS, packet, iif=iif, oif="eth0", mtu_bytes=1400, fragments=Fragments(largest=pieces or None)
    )


TRACKING = msgspec.structs.replace(SPACE, ruleset=Ruleset(tables=(Table("inet", "t", "nft", ()),)))


def together(version: int, length: int, pieces: int) -> State:
    return defragmented(TRACKING, standing(version, length, pieces=pieces, iif="eth1"))


def test_fragments_are_defragmented_where_connections_are_tracked() -> None:
    assert together(6, 1500, 1300).fragments.defragmented
    assert not defragmented(SPACE, standing(6, 1500, pieces=1300)).fragments.defragmented
    assert not defragmented(TRACKING, standing(6, 1300)).fragments.defragmented


# packet, answer of a router whose link takes 1400 bytes
FORWARDED: dict[str, tuple[State, str | None]] = {
    "fits": (standing(4, 1400, whole=True), None),
    "a byte too long": (standing(4, 1401, whole=True), "icmp-frag-needed"),
    "may be cut": (standing(4, 1401), None),
    "IPv6 is never cut on its way": (standing(6, 1401), "icmp6-too-big"),
    "IPv6 in pieces that fit": (standing(6, 1401, pieces=1280), None),
    "IPv6 put together of such": (together(6, 1500, 1280), None),
    "IPv6 put together of larger ones": (together(6, 1500, 1404), "icmp6-too-big"),
    "the same by a bridge, which forgets that": (received_from_bridge(together(6, 1500, 1404)), None),
    "a bridge forgets nothing of what it did not put together": (
        received_from_bridge(standing(6, 1401)),
        "icmp6-too-big",
    ),
}


@each_row(("state", "answer"), FORWARDED.values(), ids=FORWARDED)
def test_too_big_to_forward(state: State, answer: str | None) -> None:
    assert too_big_to_forward(state, 1400) == answer


# a packet of a socket: may it still not be cut, where the route takes 1400 bytes
MADE: dict[str, tuple[State, bool]] = {
    "fits": (standing(4, 1400, whole=True), True),
    "UDP that does not": (standing(4, 1401, whole=True), False),
    "TCP is told what fits": (standing(4, 1401, protocol=TCP, whole=True), True),
}


@pytest.mark.parametrize(("state", "whole"), MADE.values(), ids=MADE)
def test_fragmented_by_socket(state: State, whole: bool) -> None:
    assert fragmented_by_socket(state, 1400).packet.dont_fragment is whole


# local packet, its largest fragment on the wire or the error that its sender gets
OWN: dict[str, tuple[State, int | str]] = {
    "fits": (standing(4, 1400), 1400),
    "cut at eight bytes": (standing(4, 1500), 20 + 1376),
    "cut behind the fragment header": (standing(6, 1500), 48 + 1352),
    "a ping, too": (standing(6, 1500, protocol=ICMP6), 48 + 1352),
    "not what TCP sends": (standing(6, 1500, protocol=TCP), "icmp6-too-big"),
    "nor what must not be cut": (standing(4, 1500, protocol=TCP, whole=True), "icmp-frag-needed"),
    "UDP may be cut if it does not fit": (standing(4, 1500, whole=True), 20 + 1376),
    "in the pieces that its first route took": (fragmented_by_socket(standing(4, 1500), 1284), 20 + 1264),
    "or those of the way that takes less": (fragmented_by_socket(standing(4, 1500), 1450), 20 + 1376),
    "smaller pieces stay": (standing(4, 1500, pieces=1300), 1300),
    "a router cuts no IPv6": (standing(6, 1500, iif="eth1"), "icmp6-too-big"),
    "but what it has put together": (together(6, 1500, 1300), 1300),
    "also in other pieces, where a bridge forgot what came": (received_from_bridge(together(6, 1500, 1404)), 48 + 1352),
    "it still holds pieces that fit": (received_from_bridge(together(6, 1500, 1300)), 1300),
    "IPv4 too": (received_from_bridge(together(4, 1500, 1300)), 1300),
    "which are not used where it fits whole": (received_from_bridge(together(4, 1400, 1300)), 1400),
}


@each_row(("state", "expected"), OWN.values(), ids=OWN)
def test_fragmented(state: State, expected: int | str) -> None:
    outcome = fragmented(state, "postrouting")
    if isinstance(outcome, End):
        assert outcome.stop is not None
        assert outcome.stop.reject == expected
    else:
        assert length_on_wire(outcome) == expected


PORT = Link(3, "veth1", "veth", mtu_bytes=1400, port=BridgePort())

# frame, MTU of the bridge (the port's is 1400), largest piece behind the port or the answer (silence: "")
BRIDGED: dict[str, tuple[State, int, int | str]] = {
    "fits": (standing(4, 1400, whole=True), 1280, 1400),
    "cut by the bridge's MTU": (standing(4, 1500), 1284, 20 + 1264),
    "IPv4 tells nobody": (standing(4, 1500, whole=True), 1280, ""),
    "IPv6 does": (standing(6, 1500), 1280, "icmp6-too-big"),
    "the bridge takes more than the port": (standing(4, 1450), 1500, 1450),
    "IPv6 gets a fragment's header then": (standing(6, 1450), 1500, 1458),
    "put together": (together(4, 1500, 1300), 1500, 1300),
    "of pieces that the bridge does not take": (together(4, 1390, 1300), 1280, ""),
    "IPv6 tells of those": (together(6, 1390, 1300), 1280, "icmp6-too-big"),
    "nothing puts them together": (standing(4, 1390, pieces=1300), 1280, 1300),
}


@each_row(("state", "mtu", "expected"), BRIDGED.values(), ids=BRIDGED)
def test_bridged_in_fragments(state: State, mtu: int, expected: int | str) -> None:
    outcome = fragmented_by_bridge(state, mtu, PORT)
    if isinstance(outcome, End):
        assert outcome.stop is not None
        assert (outcome.stop.reject or "") == expected
    else:
        assert length_on_wire(outcome) == expected


def test_a_frame_may_be_longer_by_a_vlan_tag() -> None:
    assert too_long_for(standing(4, 1404), PORT) is None
    assert too_long_for(standing(4, 1500, pieces=1404), PORT) is None
    end = too_long_for(standing(4, 1405), PORT)
    assert end is not None
    assert end.kind == "dropped"
