"""Clients whose answers go into a tunnel, although the asked address is an uplink's."""

import msgspec
import pytest

from hairpin.answer.questions import naming_repairs
from hairpin.host.link import Address, Link, Tunnel
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, WEB, host_namespace, network, number, published, route

FAR = number("198.51.100.12")
IPIP = Link(20, "t0", "ipip", tunnel=Tunnel("ipip", local=HOST_ADDRESS, remote=FAR))
TUN = Link(20, "t0", "tun")


def routed(to: str, *, own: str = "10.8.0.1", link: Link = IPIP) -> Network:
    """Return the host with a tunnel ``t0``, which has the address ``own`` and a route to the network ``to``."""
    host = host_namespace(routes=(route(to, "t0"),), values={"conf__t0__forwarding": "1"})
    address = Address("t0", 4, number(own), 24)
    return network(msgspec.structs.replace(host, links=(*host.links, link), addresses=(*host.addresses, address)))


@pytest.mark.parametrize("link", (IPIP, TUN))
def test_a_route_into_a_tunnel_may_be_too_wide(link: Link) -> None:
    net = routed("192.0.2.0/24", link=link)
    trace = walk_flow(net, published())
    (asked,) = (naming_repairs(each, net) for each in trace.questions)
    assert trace.verdict == "delivered"
    assert str(asked.text).startswith("Do packets from 192.0.2.10 come in through t0?")
    assert "`ip route del 192.0.2.0/24 dev t0`" in str(asked.if_no)
    assert asked.breaks_if == "no"


def client(text: str) -> Outside:
    """Return a client outside with that address."""
    return Outside(number(text))


@each_row(
    ("net", "flow"),
    (
        (routed("10.9.0.0/16"), published()),
        (routed("10.9.0.0/16"), published(client("10.9.0.5"))),
        (routed("192.0.2.0/24", own="192.0.2.1"), published()),
        (routed("192.0.2.10/32"), published()),
        (routed("192.0.2.0/24"), published(Outside(CLIENT, link="t0"))),
        (routed("192.0.2.0/24"), Flow(Outside(CLIENT), 4, WEB, "tcp", 80)),
        (routed("192.0.2.0/24"), published(address="10.8.0.1")),
    ),
    ids=(
        "a route for other clients", "a private client of a public address", "a client in the tunnel's own network",
        "a member of the VPN", "the user has named the link", "the container's own address", "the tunnel's address",
    ),
)  # fmt: skip
def test_nothing_is_asked_where_the_client_can_only_be_behind_the_tunnel_or_is_not(net: Network, flow: Flow) -> None:
    assert [str(each.text) for each in walk_flow(net, flow).questions if "come in through" in str(each.text)] == []


@pytest.mark.parametrize(("wide", "count"), (("198.51.100.16/28", 1), ("10.9.0.0/16", 0)))
def test_a_neighbour_whose_answers_go_into_the_tunnel_is_asked_about(wide: str, count: int) -> None:
    """So it is where a VPN gives the host a route to its own LAN."""
    trace = walk_flow(routed(wide), published(Lan(number("198.51.100.30"))))
    assert trace.verdict == "delivered"
    asked = [each for each in trace.questions if "a neighbour on eth0" in str(each.text)]
    assert [each.breaks_if for each in asked] == ["no"] * count
