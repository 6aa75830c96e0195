"""Links without an address, and the address that one of them seems to have had."""

import msgspec
import pytest

from hairpin.change.change import AddEntry
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.route import NextHop, Route
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.lost_address import (
    bare_links,
    differing_prefixes,
    has_address,
    lost_by,
    named_for,
    routers_of_far_hosts,
    stranded_gateway,
)
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import asked, with_link, without_addresses, without_route
from tests.causes.ipv6_hosts import of_ipv6_network, without_address6
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, container, engine, host_namespace, network, number, route
from tests.two_hosts import ADDRESSES, ONE, TWO, node, seen, without_own_address
from tests.two_hosts import network as on_both

BARE = without_addresses(host_namespace(), "eth0")
LOST = without_route(without_route(BARE, number("198.51.100.0")), 0)
"""The host whose eth0 has lost its address, and with it all routes by it."""
TUNNEL = msgspec.structs.replace(LOST, links=(*LOST.links, Link(9, "wg0", "wireguard")))
WIDE6 = PortBinding("tcp", 80, 8151, None, 6)
ELSEWHERE = engine(container(binding=PortBinding("tcp", 80, 8151, HOST_ADDRESS + 1, 4)))


def test_a_tunnel_without_an_address_is_not_bare() -> None:
    assert [each.name for each in bare_links(network(TUNNEL), HOST_NETNS, 4)] == ["eth0"]
    assert list(bare_links(network(with_link(LOST, "eth0", up=False)), HOST_NETNS, 4)) == []
    assert list(bare_links(network(), HOST_NETNS, 4)) == []


@pytest.mark.parametrize(("namespace", "expected"), ((host_namespace(), True), (LOST, False)))
def test_has_address(namespace: Namespace, expected: bool) -> None:
    assert has_address(network(namespace), HOST_NETNS) == expected


# network, asked address and port, the link that seems to have had the address
ASKED: dict[str, tuple[Network, str, int, str | None]] = {
    "eth0 has lost its address": (network(LOST), "198.51.100.11", 8151, "eth0"),
    "a port that nobody publishes": (network(LOST), "198.51.100.11", 8152, None),
    "a port that is published on another address": (network(LOST, docker=ELSEWHERE), "198.51.100.11", 8151, None),
    "an IPv6 address": (network(LOST, docker=engine(container(binding=WIDE6))), "2001:db8::11", 8151, None),
    "a container's own address": (network(LOST), "172.17.0.2", 8151, None),
    "a route leads there": (
        network(msgspec.structs.replace(LOST, routes=(*LOST.routes, route("198.51.100.0/24", "docker0")))),
        "198.51.100.11",
        8151,
        None,
    ),
    "no link is bare": (network(without_route(host_namespace(), 0)), "203.0.113.7", 8151, None),
}


@each_row(("net", "address", "port", "expected"), ASKED.values(), ids=ASKED)
def test_lost_by(net: Network, address: str, port: int, expected: str | None) -> None:
    found = lost_by(net, asked(Outside(CLIENT), address, port))
    assert (found.name if found is not None else None) == expected


NAMES_TWO = ConfigFile("/etc/network/interfaces", "iface eth0 inet static\n  address 198.51.100.12/24\n")


@pytest.mark.parametrize(
    ("hosts", "expected"),
    (
        ((node("one"), without_own_address("two", NAMES_TWO)), "two"),
        ((node("one"), without_own_address("two")), None),
        ((node("one", address=ADDRESSES["two"]), without_own_address("two", NAMES_TWO)), None),
        ((node("one"), node("two", address=ADDRESSES["two"] + 1)), None),
    ),
    ids=("a file names it", "no file names it", "another host has it", "the link has another"),
)
def test_named_for(hosts: tuple[Host, ...], expected: str | None) -> None:
    found = named_for(Network(hosts), 4, ADDRESSES["two"])
    assert (found.netns.host if found is not None else None) == expected


@pytest.mark.parametrize(
    ("net", "address", "expected"),
    (
        (without_address6(), "2001:db8::11", "eth0"),
        (without_address6(), "2001:db8:1::11", None),
        (without_address6(gateway="fe80::1"), "2001:db8::11", None),
        (of_ipv6_network(masquerade=True), "2001:db8::12", None),
    ),
    ids=("the network of a gateway that is reached no more", "another network", "a link-local gateway", "healthy"),
)
def test_lost_by_of_ipv6(net: Network, address: str, expected: str | None) -> None:
    found = lost_by(net, Flow(FromHost(), 6, number(address), "tcp", 8151, host=net.this.name))
    assert (found.name if found is not None else None) == expected


def test_a_gateway_is_stranded_where_no_network_of_the_link_has_it() -> None:
    gateway = number("2001:db8::1")
    assert stranded_gateway(without_address6().this.namespaces[0], "eth0", 6) == gateway
    assert stranded_gateway(of_ipv6_network(masquerade=True).this.namespaces[0], "eth0", 6) is None
    assert stranded_gateway(host_namespace(), "eth0", 4) is None


@pytest.mark.parametrize("start", (FromHost(), Outside(number("2001:db8:f::9"))), ids=("host", "client"))
def test_nobody_answers_for_a_lost_address(start: FromHost | Outside) -> None:
    net = without_address6()
    trace = walk_flow(net, Flow(start, 6, number("2001:db8::11"), "tcp", 8151, host=net.this.name))
    assert trace.verdict == "dropped"
    assert trace.usual.stop is not None
    assert trace.usual.stop.reason == "address-lost"


def of_length(host: Host, prefix_length: int) -> Host:
    """Return the host whose address on eth0 has that prefix length."""
    (own,) = host.namespaces
    addresses = tuple(
        msgspec.structs.replace(each, prefix_length=prefix_length) if each.link == "eth0" else each
        for each in own.addresses
    )
    return msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(own, addresses=addresses),))


def stranded(host: Host) -> Host:
    """Return the host without the routes that went with its address on eth0."""
    (own,) = host.namespaces
    routes = tuple(
        each for each in own.routes if each.type == "local" or all(hop.link != "eth0" for hop in each.next_hops)
    )
    return msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(own, routes=routes),))


def configured(host: Host, text: str) -> Host:
    file = ConfigFile("/etc/network/interfaces", f"iface eth0 inet static\n  address {text}\n")
    return msgspec.structs.replace(host, files=(file,))


ONE_HOST, OTHER = node("one"), node("two")
ROUTER = number("198.51.100.1")
LONG = of_length(ONE_HOST, 32)

# network, the length that the first host's address should have
CASES: dict[str, tuple[Network, int | None]] = {
    "alike": (on_both(), None),
    "too long, as the other host tells": (on_both(LONG, OTHER), 24),
    "too short": (on_both(of_length(ONE_HOST, 16), OTHER), 24),
    "nobody tells": (on_both(LONG), None),
    "both hosts alike": (on_both(LONG, of_length(node("two", neighbours=(seen("two"),)), 32)), None),
    "the other host is elsewhere": (on_both(LONG, node("two", address=number("203.0.113.12"))), None),
    "a file tells": (on_both(configured(LONG, "198.51.100.11/24")), 24),
    "a file tells the length that it has": (on_both(configured(LONG, "198.51.100.11/32")), None),
    "a file tells another address": (on_both(configured(LONG, "198.51.100.13/24")), None),
    "file and host differ": (on_both(configured(LONG, "198.51.100.11/32"), OTHER), None),
    "the one tells a third length": (on_both(configured(LONG, "198.51.100.11/25"), OTHER), None),
}


@each_row(("net", "expected"), CASES.values(), ids=CASES)
def test_the_length_that_all_witnesses_tell(net: Network, expected: int | None) -> None:
    found = list(differing_prefixes(net, ONE, 4))
    right = Address("eth0", 4, ADDRESSES["one"], expected or 0)
    assert [each.right for each in found] == ([right] if expected is not None else [])


def test_the_router_of_the_other_host() -> None:
    assert dict(routers_of_far_hosts(on_both(LONG, OTHER), ONE, Address("eth0", 4, ADDRESSES["one"], 24))).keys() == {
        ROUTER
    }
    alone = on_both(LONG, node("two", address=number("203.0.113.12")))
    assert not dict(routers_of_far_hosts(alone, TWO, Address("eth0", 4, ADDRESSES["two"], 24)))


def test_the_flow_of_a_host_whose_prefix_is_too_long_is_repaired_as_the_other_host_tells() -> None:
    flow = Flow(Outside(CLIENT), 4, ADDRESSES["one"], "tcp", 80, host="one")
    assert diagnose(on_both(), flow).causes == ()
    (found,) = diagnose(on_both(stranded(LONG), OTHER), flow).causes
    assert found.cause == "host-prefix-length-wrong"
    added = [each.entry for each in found.candidate.change.parts if isinstance(each, AddEntry)]
    assert added == [Address("eth0", 4, ADDRESSES["one"], 24), Route(4, 0, 0, next_hops=(NextHop("eth0", ROUTER),))]
