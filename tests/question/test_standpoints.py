import pytest
from msgspec.structs import replace

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_MAIN, Neighbour, Route
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, inside
from hairpin.question.standpoints import clients, lan_client, lan_link, primary_address, somebody
from tests.small_host import HOST_ADDRESS, HOST_NETNS, host_namespace, network, number, route
from tests.two_uplinks import two_uplinks


def host(*addresses: Address, routes: tuple[Route, ...] = (), links: tuple[Link, ...] = ()) -> Network:
    made = host_namespace()
    return network(
        replace(
            made, addresses=(*made.addresses, *addresses), routes=(*made.routes, *routes), links=(*made.links, *links)
        )
    )


DOCUMENTED = Address("eth0", 4, number("192.0.2.1"), 24)
SIX = (Address("eth0", 6, number("2001:db8:1::1"), 64), Address("eth0", 6, number("fe80::1"), 64, scope="link"))
DEFAULT6 = route("::/0", "eth0", via="2001:db8:1::ffff")


def test_clients_are_in_none_of_the_hosts_networks() -> None:
    """The small host's own network is 198.51.100.0/24."""
    assert [address_text(each, 4) for each in clients(network(), HOST_NETNS, 4)] == [
        "192.0.2.10",
        "203.0.113.10",
        "8.8.4.4",
    ]
    assert [address_text(each, 4) for each in clients(host(DOCUMENTED), HOST_NETNS, 4)] == ["203.0.113.10", "8.8.4.4"]


def test_ipv6_clients_need_a_way_back() -> None:
    assert clients(network(), HOST_NETNS, 6) == ()
    assert address_text(clients(host(*SIX, routes=(DEFAULT6,)), HOST_NETNS, 6)[0], 6) == "2001:db8:ffff::10"


def test_a_server_outside_is_no_client() -> None:
    assert not set(somebody(4)) & set(clients(network(), HOST_NETNS, 4))
    assert all(each >> 96 for each in somebody(6))


def test_a_lan_client_is_on_the_default_routes_link() -> None:
    assert lan_link(network(), HOST_NETNS, 4) == "eth0"
    neighbour = lan_client(network(), HOST_NETNS, 4)
    assert neighbour is not None
    assert inside(neighbour, HOST_ADDRESS, 24, 4)
    assert neighbour not in (HOST_ADDRESS, number("198.51.100.1"), number("198.51.100.0"), number("198.51.100.255"))


BACKEND = Address("docker1", 4, number("198.51.100.126"), 25)
UPPER = route("198.51.100.128/25", "docker1")
LOWER = route("198.51.100.0/25", "docker1")


@pytest.mark.parametrize(("taken", "seen", "part"), (
    (LOWER, None,             "198.51.100.0/25"),  # the default route's gateway is .1
    (UPPER, None,             "198.51.100.0/24"),
    (UPPER, "198.51.100.200", "198.51.100.128/25"),
))  # fmt: skip
def test_a_lan_client_is_in_the_part_that_another_route_takes(taken: Route, seen: str | None, part: str) -> None:
    """Only if a machine was seen there: most container networks lie in a part of a big network that nobody uses."""
    found = host(BACKEND, routes=(taken,))
    if seen is not None:
        entry = Neighbour("eth0", 4, number(seen), 0x020000000001, "STALE")
        found = found.with_namespace(HOST_NETNS, replace(found.namespace(HOST_NETNS), neighbours=(entry,)))
    neighbour = lan_client(found, HOST_NETNS, 4)
    base, _, length = part.partition("/")
    assert neighbour is not None
    assert inside(neighbour, number(base), int(length), 4)
    if seen is None and taken is UPPER:
        assert neighbour == lan_client(network(), HOST_NETNS, 4)


def test_without_a_default_route_an_uplink_with_an_address() -> None:
    made = host_namespace()
    bare = network(replace(made, routes=tuple(each for each in made.routes if each.prefix_length)))
    assert lan_link(bare, HOST_NETNS, 4) == "eth0"
    nothing = network(Namespace("host"))
    assert (
        lan_link(nothing, HOST_NETNS, 4),
        lan_client(nothing, HOST_NETNS, 4),
        primary_address(nothing, HOST_NETNS, 4),
    ) == (None, None, None)


def test_a_default_route_to_containers_is_not_the_lan() -> None:
    """A program that configures every link gives docker0 one with the better metric."""
    made = host_namespace()
    routes = tuple(replace(each, metric=100) if each.prefix_length == 0 else each for each in made.routes)
    both = network(replace(made, routes=(*routes, route("default", "docker0"))))
    assert lan_link(both, HOST_NETNS, 4) == "eth0"


def test_a_network_without_room_has_no_neighbour() -> None:
    made = host_namespace()
    small = tuple(replace(each, prefix_length=32) if each.link == "eth0" else each for each in made.addresses)
    assert lan_client(network(replace(made, addresses=small)), HOST_NETNS, 4) is None


PRIMARIES: dict[str, tuple[Network, str | None]] = {
    "of the default route's link": (network(), "198.51.100.11"),
    "not a secondary one": (
        network(replace(host_namespace(), addresses=(
            Address("eth0", 4, number("198.51.100.12"), 24, secondary=True), *host_namespace().addresses,
        ))),
        "198.51.100.11",
    ),
    "of any uplink, when that link has none": (
        host(Address("eth1", 4, number("10.0.0.1"), 24), links=(Link(9, "eth1"),),
             routes=(replace(route("0.0.0.0/1", "eth9")), route("128.0.0.0/1", "eth9"))),
        "198.51.100.11",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("net", "expected"), PRIMARIES.values(), ids=PRIMARIES)
def test_primary_address(net: Network, expected: str | None) -> None:
    found = primary_address(net, HOST_NETNS, 4)
    assert (address_text(found, 4) if found is not None else None) == expected


def test_primary_address_of_ipv6_is_global() -> None:
    assert primary_address(network(), HOST_NETNS, 6) is None
    assert primary_address(host(SIX[1]), HOST_NETNS, 6) is None
    assert primary_address(host(*SIX), HOST_NETNS, 6) == SIX[0].value


def test_a_vpn_that_covers_all_addresses_is_not_the_lan() -> None:
    """The VPN's two routes cover all addresses; the default route stays in place."""
    tunnel = Link(90, "tun0", "tun", flags=("POINTOPOINT",))
    halves = (route("0.0.0.0/1", "tun0"), route("128.0.0.0/1", "tun0"))
    net = host(Address("tun0", 4, number("10.8.0.2"), 24), routes=halves, links=(tunnel,))
    assert lan_link(net, HOST_NETNS, 4) == "eth0"
    assert primary_address(net, HOST_NETNS, 4) == HOST_ADDRESS


def test_a_card_without_a_cable_gives_the_host_no_main_address() -> None:
    """Its default route is the better one, and stays in the table."""
    both = two_uplinks()
    host = both.namespace(HOST_NETNS)
    better = route("default", "eth1", via="198.18.0.1")
    worse = tuple(
        replace(each, metric=200) if not each.prefix_length and each.table == TABLE_MAIN else each
        for each in host.routes
    )
    for carrier, main in ((True, "eth1"), (False, "eth0")):
        links = tuple(replace(each, carrier=carrier) if each.name == "eth1" else each for each in host.links)
        net = both.with_namespace(HOST_NETNS, replace(host, links=links, routes=(better, *worse)))
        assert lan_link(net, HOST_NETNS, 4) == main
