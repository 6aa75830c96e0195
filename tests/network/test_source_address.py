import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.prefix import parse_address
from hairpin.network.query import Found, Query, Scope
from hairpin.network.routing import lookup
from hairpin.network.source_address import preferred_source, source_address
from tests.rows import each_row
from tests.small_host import CLIENT, GATEWAY, HOST_ADDRESS, WEB, host_namespace, route


def number(text: str) -> int:
    return parse_address(text)[1]


TWO = (
    Address("eth0", 4, number("10.0.0.1"), 24),
    Address("eth0", 4, number("10.1.0.1"), 24),
    Address("eth0", 4, number("10.1.0.2"), 24, secondary=True),
    Address("lo", 4, number("127.0.0.1"), 8, scope="host"),
    Address("docker0", 4, number("172.17.0.1"), 16),
    Address("eth0", 6, number("fe80::1"), 64, scope="link"),
    Address("eth0", 6, number("2001:db8::1"), 64, deprecated=True),
    Address("eth0", 6, number("2001:db8:0:1::1"), 64),
    Address("eth0", 6, number("2001:db8:0:2::1"), 64, tentative=True),
    Address("wg0", 6, number("2001:db8:3::1"), 64, deprecated=True),
)
# link, towards, source
SOURCES: dict[str, tuple[str, str, str | None]] = {
    "the network that holds it": ("eth0", "10.1.0.9", "10.1.0.1"),
    "the first primary": ("eth0", "192.0.2.1", "10.0.0.1"),
    "a link without an address borrows one": ("wg0", "192.0.2.1", "10.0.0.1"),
    "loopback's is not for others": ("lo", "192.0.2.1", "10.0.0.1"),
    "IPv6: not a deprecated one": ("eth0", "2001:db8::9", "2001:db8:0:1::1"),
    "IPv6: not one that is being probed": ("eth0", "2001:db8:0:2::9", "2001:db8:0:1::1"),
    "IPv6: nor for itself": ("eth0", "2001:db8:0:2::1", "2001:db8:0:1::1"),
    "IPv6: nor for another link": ("wg0", "2001:db8:0:2::9", "2001:db8:0:1::1"),
    "IPv6: not a deprecated one, if another link has one": ("wg0", "2001:db8:3::9", "2001:db8:0:1::1"),
    "IPv6: link-local to link-local": ("eth0", "fe80::9", "fe80::1"),
    "IPv6: link-local to where no route leads": ("", "fe80::9", "fe80::1"),
    "IPv6: to no address at all one of the link's own": ("wg0", "::", "2001:db8:3::1"),
    "IPv6: of those the one of the least scope": ("eth0", "::", "fe80::1"),
    "IPv6: of any link where no route leads": ("", "2001:db8:3::9", "2001:db8:0:1::1"),
}


@each_row(("link", "towards", "expected"), SOURCES.values(), ids=SOURCES)
def test_source_address(link: str, towards: str, expected: str | None) -> None:
    version, value = parse_address(towards)
    namespace = Namespace("host", addresses=TWO)
    assert source_address(namespace, version, link, value) == (number(expected) if expected else None)


def test_no_source_without_addresses() -> None:
    assert source_address(Namespace("n"), 4, "eth0", CLIENT) is None
    assert source_address(Namespace("n"), 6, "eth0", CLIENT) is None
    only_loopback = Namespace("n", addresses=(Address("lo", 6, 1, 128, scope="host"),))
    assert source_address(only_loopback, 6, "eth0", number("2001:db8::9")) == 1
    assert source_address(only_loopback, 6, "eth0", number("fe80::9")) is None


def test_preferred_source() -> None:
    host = host_namespace()
    for query, expected in (
        (Query(4, CLIENT), HOST_ADDRESS),
        (Query(4, WEB), GATEWAY),
        (Query(4, HOST_ADDRESS), HOST_ADDRESS),
    ):
        found = lookup(host, query)
        assert preferred_source(host, found, found.next_hops[0], query) == expected
    src = msgspec.structs.replace(route("192.0.2.0/24", "eth0"), prefsrc=7)
    found = lookup(host_namespace(routes=(src,)), Query(4, CLIENT))
    assert preferred_source(host, found, found.next_hops[0], Query(4, CLIENT)) == 7
    anycast = msgspec.structs.replace(route("192.0.2.0/24", "eth0"), type="anycast")
    found = lookup(host_namespace(routes=(anycast,)), Query(4, CLIENT))
    assert preferred_source(host, found, found.next_hops[0], Query(4, CLIENT)) == HOST_ADDRESS


LABELLED = (
    Address("lo", 6, 1, 128, scope="host"),
    Address("eth0", 6, number("fd18::1"), 64),
    Address("eth0", 6, number("2001:db8::1"), 64),
    Address("eth0", 6, number("2002:1::1"), 64),
    Address("wg0", 6, number("fec0::1"), 64, scope="site"),
    Address("wg0", 6, number("2001:db8:3::1"), 64, secondary=True),
    Address("wg0", 6, number("2001:db8:3::2"), 56),
    Address("wg0", 6, number("2001:10::1"), 64),
)
# link, towards, source
LABELS: dict[str, tuple[str, str, str]] = {
    "of the same label, though with fewer bits in common": ("", "fc80::1", "fd18::1"),
    "6to4": ("eth0", "2002:2::1", "2002:1::1"),
    "another link's scope goes before the link": ("eth0", "fec0::9", "fec0::1"),
    "the link goes before the label": ("wg0", "2002:2::1", "2001:db8:3::2"),
    "not a temporary one": ("wg0", "2001:db8:3::9", "2001:db8:3::2"),
    "ORCHID": ("wg0", "2001:10::9", "2001:10::1"),
    "::1 is as good as a link-local one": ("", "fe80::1", "::1"),
    "but not as one that is global": ("", "2001:db9::1", "2001:db8::1"),
    "the link's own for a group": ("wg0", "ff0e::1", "2001:db8:3::2"),
}


@each_row(("link", "towards", "expected"), LABELS.values(), ids=LABELS)
def test_source_address6(link: str, towards: str, expected: str) -> None:
    assert source_address(Namespace("host", addresses=LABELLED), 6, link, number(towards)) == number(expected)


def test_the_source_towards_a_networks_own_address_is_its_links() -> None:
    namespace = Namespace("n", addresses=TWO)
    own = Route(6, number("2001:db8:0:1::"), 128, TABLE_LOCAL, "anycast", (NextHop("eth0"),))
    found = Found("anycast", own, own.next_hops)
    query = Query(6, own.destination)
    assert preferred_source(namespace, found, NextHop("lo"), query) == number("2001:db8:0:1::1")


# link, whose address it borrows, having none
BORROWED: dict[str, tuple[str, str]] = {
    "that of a link in the same VRF": ("r1", "10.9.2.1"),
    "the VRF's own goes first": ("b1", "10.8.0.1"),
    "in no VRF that of a link in none": ("t0", "192.0.2.2"),
}


WITH_VRFS = Namespace(
    "host",
    links=(
        Link(2, "red", "vrf", vrf_table=50), Link(3, "r1", master="red"), Link(4, "r2", master="red"),
        Link(5, "blue", "vrf", vrf_table=51), Link(6, "b1", master="blue"), Link(7, "b2", master="blue"),
        Link(8, "up0"), Link(9, "t0"),
    ),
    addresses=(
        Address("r2", 4, number("10.9.2.1"), 24), Address("b2", 4, number("10.8.2.1"), 24),
        Address("blue", 4, number("10.8.0.1"), 24), Address("up0", 4, number("192.0.2.2"), 24),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("link", "expected"), BORROWED.values(), ids=BORROWED)
def test_source_address_in_a_vrf(link: str, expected: str) -> None:
    assert source_address(WITH_VRFS, 4, link, CLIENT) == number(expected)


@pytest.mark.parametrize(
    ("oif", "link", "expected"),
    (("red", "up0", "10.9.2.1"), ("red", "r2", "10.9.2.1"), ("blue", "up0", "10.8.0.1"), (None, "up0", "192.0.2.2")),
)
def test_a_packet_that_a_route_leads_out_of_a_vrf_has_an_address_of_the_vrf(
    oif: str | None, link: str, expected: str
) -> None:
    found = Found("unicast", next_hops=(NextHop(link),))
    assert preferred_source(WITH_VRFS, found, NextHop(link), Query(4, CLIENT, scope=Scope(oif=oif))) == number(expected)
