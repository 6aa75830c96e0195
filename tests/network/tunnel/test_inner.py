"""Tunnels that a container made for itself."""

import msgspec
import pytest

from hairpin.host.route import NextHop
from hairpin.network.prefix import parse_address, prefix_text
from hairpin.network.socket_owner import containers_in
from hairpin.network.tunnel.inner import engine_links, engines_way, inner_tunnel, listed_routes, network_around
from tests.inner_tunnel_host import behind_vpn
from tests.small_host import GATEWAY, HOST_NETNS, network, route, sibling

INNER = sibling("container:web")
INTO = route("128.0.0.0/1", "tun0", via="10.2.0.1")


@pytest.mark.parametrize(("kind", "is_one"), (("tun", True), ("wireguard", True), ("dummy", True), ("veth", False)))
def test_a_link_that_no_engine_made(kind: str, is_one: bool) -> None:
    assert (inner_tunnel(behind_vpn(kind=kind), INNER, INTO) is not None) is is_one


def test_the_engines_link_and_the_hosts_own_vpn_are_none() -> None:
    assert inner_tunnel(behind_vpn(), INNER, route("default", "eth0", via="172.17.0.1")) is None
    assert inner_tunnel(behind_vpn(), HOST_NETNS, INTO) is None
    assert inner_tunnel(behind_vpn(), INNER, route("default", "gone")) is None


def test_the_engines_way() -> None:
    assert engine_links(behind_vpn(), INNER) == ("eth0",)
    assert engines_way(behind_vpn(), INNER, 4) == NextHop("eth0", GATEWAY)
    assert engines_way(behind_vpn(), INNER, 6) is None
    assert [each.name for each in containers_in(behind_vpn(), INNER)] == ["web"]
    inner = behind_vpn().namespace(INNER)
    without = msgspec.structs.replace(inner, routes=tuple(each for each in inner.routes if each.prefix_length))
    assert engines_way(behind_vpn().with_namespace(INNER, without), INNER, 4) == NextHop("eth0", GATEWAY)


# the address, its network, and whether a route of the host names the network
NETWORKS = {
    "the host's own": ("198.51.100.250", "198.51.100.0/24", True),
    "behind the default route": ("192.0.2.10", "192.0.2.0/24", False),
}


@pytest.mark.parametrize(("address", "expected", "is_named"), NETWORKS.values(), ids=NETWORKS)
def test_the_network_around_an_address(address: str, expected: str, is_named: bool) -> None:
    start, length, named = network_around(network(), INNER, 4, parse_address(address)[1])
    assert (prefix_text(start, length, 4), named) == (expected, is_named)


def test_listed_networks() -> None:
    assert [str(each.prefix) for each in listed_routes(behind_vpn("10.9.0.0/16"), INNER, 4)] == ["10.9.0.0/16"]
    assert list(listed_routes(behind_vpn(), INNER, 4)) == []
