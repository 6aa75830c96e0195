"""Who asks, when the question leaves it open: on hosts whose routes and addresses are not the plain ones."""

import msgspec

from hairpin.diagnose.flows import Origin, Target, flows_for
from hairpin.diagnose.standpoints import lan_link, primary_address
from hairpin.host.docker import PortBinding
from hairpin.host.link import Address, Link
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.small_host import HOST_ADDRESS, container, engine, host_namespace, network, route

OWN_V6 = Address("eth0", 6, parse_address("2001:db8:2::11")[1], 64)


def behind_vpn() -> Network:
    """Return a host whose VPN takes the world over by its two halves, and leaves the default route as it is."""
    host = host_namespace()
    tunnel = Link(90, "tun0", "tun", flags=("POINTOPOINT",))
    inside = Address("tun0", 4, parse_address("10.8.0.2")[1], 24)
    halves = (route("0.0.0.0/1", "tun0"), route("128.0.0.0/1", "tun0"))
    return network(
        msgspec.structs.replace(
            host,
            links=(*host.links, tunnel),
            addresses=(inside, *host.addresses),
            routes=(*halves, *host.routes),
        )
    )


def test_a_vpn_over_the_default_route_is_not_the_link_that_the_host_is_known_by() -> None:
    assert lan_link(behind_vpn(), 4) == "eth0"
    assert primary_address(behind_vpn(), 4) == HOST_ADDRESS


def test_a_container_without_ipv6_asks_by_ipv4_alone() -> None:
    host = host_namespace()
    both = (PortBinding("tcp", 80, 8151, None, 4), PortBinding("tcp", 80, 8151, None, 6))
    web = msgspec.structs.replace(container(), bindings=both)
    net = network(msgspec.structs.replace(host, addresses=(*host.addresses, OWN_V6)), docker=engine(web))
    assert {flow.version for flow in flows_for(net, (Target(8151),), None)} == {4, 6}
    assert {flow.version for flow in flows_for(net, (Target(8151),), Origin("container", container="web"))} == {4}
