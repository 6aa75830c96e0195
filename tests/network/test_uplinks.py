"""A host's uplinks, and the one that an address belongs to."""

import msgspec

from hairpin.host.link import Link
from hairpin.host.route import PolicyRule
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.uplinks import default_route_by, home_of, selecting_nothing, tunnels_of, uplinks_of, way_behind
from tests.rows import each_row
from tests.small_host import HOST_ADDRESS, HOST_NETNS, host_namespace, network, route
from tests.two_uplinks import OF_SECOND, SECOND, two_uplinks


def with_eth1(**changes: object) -> Network:
    """Return the host with two uplinks, whose eth1 has these fields."""
    net = two_uplinks()
    host = net.namespace(HOST_NETNS)
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == "eth1" else each for each in host.links)
    return net.with_namespace(HOST_NETNS, msgspec.structs.replace(host, links=links))


UPLINKS = {
    "one": (network(), ["eth0"]),
    "two": (two_uplinks(), ["eth0", "eth1"]),
    "one is down": (with_eth1(up=False), ["eth0"]),
    "one has no carrier": (with_eth1(carrier=False), ["eth0"]),
    "one is a tunnel": (with_eth1(kind="tun"), ["eth0"]),
}


@each_row(("net", "expected"), UPLINKS.values(), ids=UPLINKS)
def test_the_uplinks_of_a_host(net: Network, expected: list[str]) -> None:
    assert [each.link for each in uplinks_of(net, HOST_NETNS, 4)] == expected


def test_an_address_belongs_to_the_uplink_that_has_it() -> None:
    net = two_uplinks()
    home = home_of(net, HOST_NETNS, 4, SECOND, "eth0")
    assert home is not None
    assert home.link == "eth1"
    assert home_of(net, HOST_NETNS, 4, SECOND, "eth1") is None
    assert home_of(net, HOST_NETNS, 4, HOST_ADDRESS, "eth0") is None
    assert home_of(net, HOST_NETNS, 4, parse_address("172.17.0.1")[1], "eth0") is None


def test_two_links_in_one_network_are_behind_the_same_router() -> None:
    net = two_uplinks()
    host = net.namespace(HOST_NETNS)
    addresses = tuple(
        msgspec.structs.replace(each, value=HOST_ADDRESS + 1) if each.link == "eth1" else each
        for each in host.addresses
    )
    same = net.with_namespace(HOST_NETNS, msgspec.structs.replace(host, addresses=addresses))
    assert home_of(same, HOST_NETNS, 4, HOST_ADDRESS + 1, "eth0") is None


def test_the_way_behind_an_uplink_is_its_shortest_route_by_a_router() -> None:
    narrow, wide = (route(text, "eth0", via="198.51.100.9") for text in ("10.1.0.0/16", "10.0.0.0/8"))
    host = host_namespace(routes=(narrow, wide))
    without = msgspec.structs.replace(host, routes=tuple(each for each in host.routes if each.prefix_length))
    assert way_behind(without, 4, "eth0") == wide
    assert way_behind(without, 4, "docker0") is None
    assert default_route_by(host, 4, "eth0") is None  # it is in the main table


def test_a_bridge_with_an_uplink_as_its_port_is_an_uplink() -> None:
    host = host_namespace()
    links = (*(each for each in host.links if each.name != "eth0"), Link(2, "br0", "bridge"))
    port = Link(7, "eth0", master="br0")
    addresses = tuple(
        msgspec.structs.replace(each, link="br0") if each.link == "eth0" else each for each in host.addresses
    )
    net = network(msgspec.structs.replace(host, links=(*links, port), addresses=addresses))
    assert [each.link for each in uplinks_of(net, HOST_NETNS, 4)] == ["br0"]


TUNNELS: dict[str, tuple[Network, list[str]]] = {
    "none": (network(), []),
    "a VPN": (with_eth1(kind="tun"), ["eth1"]),
    "WireGuard": (with_eth1(kind="wireguard"), ["eth1"]),
    "a VPN whose program is gone": (with_eth1(kind="tun", carrier=False), []),
    "flanneld's": (with_eth1(kind="tun", holder="flanneld"), []),
    "an uplink": (two_uplinks(), []),
}


@each_row(("net", "expected"), TUNNELS.values(), ids=TUNNELS)
def test_the_tunnels_of_a_host(net: Network, expected: list[str]) -> None:
    assert [each.link for each in tunnels_of(net, HOST_NETNS, 4)] == expected


MARKED = PolicyRule(4, 1000, table=113, mark=(0x71, 0xFF), text="1000: from all fwmark 0x71/0xff lookup 113")


@each_row(
    ("rules", "mark", "source", "expected"),
    (
        ((MARKED,), 0x171, HOST_ADDRESS, MARKED),
        ((MARKED,), 0x72, HOST_ADDRESS, None),
        ((MARKED,), 0, HOST_ADDRESS, None),
        ((OF_SECOND,), 0, SECOND, None),  # its table has a route
        ((msgspec.structs.replace(OF_SECOND, table=7),), 0, SECOND, msgspec.structs.replace(OF_SECOND, table=7)),
        ((msgspec.structs.replace(OF_SECOND, table=7),), 0, HOST_ADDRESS, None),
    ),
)
def test_a_rule_that_selects_a_packet_for_an_empty_table(
    rules: tuple[PolicyRule, ...], mark: int, source: int, expected: PolicyRule | None
) -> None:
    packet = Packet(4, source, SECOND, 6, mark=mark)
    assert selecting_nothing(two_uplinks(rules=rules).namespace(HOST_NETNS), packet) == expected
