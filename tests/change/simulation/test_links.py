import msgspec
import pytest

from hairpin.change.change import RenameLink
from hairpin.change.simulation.links import with_link, with_name, without_link
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.sysctl import Sysctls
from hairpin.network.network import Network
from hairpin.network.routing import route_text
from tests.small_host import HOST_NETNS, container_namespace, host_namespace, network, sibling

WEB_NETNS = sibling("container:web")


def changed(namespace: Namespace, name: str, **changes: object) -> Namespace:
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == name else each for each in namespace.links)
    return msgspec.structs.replace(namespace, links=links)


def link(net: Network, netns: Netns, name: str) -> Link:
    found = net.namespace(netns).link(name)
    assert found is not None
    return found


def test_the_link_of_that_name_is_replaced() -> None:
    net = network()
    lost = msgspec.structs.replace(link(net, HOST_NETNS, "eth0"), up=False, carrier=False)
    after = with_link(net, HOST_NETNS, lost)
    assert link(after, HOST_NETNS, "eth0") == lost
    gone = [each for each in net.namespace(HOST_NETNS).routes if each not in after.namespace(HOST_NETNS).routes]
    assert {hop.link for each in gone for hop in each.next_hops} == {"eth0"}
    assert all(each.type != "local" for each in gone)
    assert after.namespace(WEB_NETNS) == net.namespace(WEB_NETNS)


def test_a_new_link_has_the_values_of_default() -> None:
    host = host_namespace()
    values = host.sysctls.with_value(("net", "ipv4", "conf", "default", "forwarding"), "1")
    net = network(msgspec.structs.replace(host, sysctls=values))
    after = with_link(net, HOST_NETNS, Link(99, "new0", "vxlan")).namespace(HOST_NETNS)
    assert [each.name for each in after.links] == [*(each.name for each in host.links), "new0"]
    assert after.sysctls.text("net", "ipv4", "conf", "new0", "forwarding") == "1"


def test_a_bridge_that_comes_up_lets_its_ports_forward_and_has_its_routes() -> None:
    host = changed(host_namespace(), "docker0", up=False, carrier=False)
    host = changed(host, "veth1", port=BridgePort(state="disabled"))
    host = msgspec.structs.replace(host, routes=host.routes[:2])
    net = network(host)
    up = msgspec.structs.replace(link(net, HOST_NETNS, "docker0"), up=True, carrier=True)
    after = with_link(net, HOST_NETNS, up)
    assert link(after, HOST_NETNS, "veth1").port == BridgePort()
    assert "172.17.0.0/16 dev docker0" in [route_text(each) for each in after.namespace(HOST_NETNS).routes]


def test_a_port_that_is_down_stays_disabled() -> None:
    host = changed(host_namespace(), "veth1", port=BridgePort(state="disabled"), up=False)
    net = network(host)
    after = with_link(net, HOST_NETNS, link(net, HOST_NETNS, "docker0"))
    assert link(after, HOST_NETNS, "veth1").port == BridgePort(state="disabled")


def test_the_peer_of_a_veth_gets_carrier() -> None:
    inner = changed(container_namespace(), "eth0", up=False, carrier=False)
    host = changed(host_namespace(), "veth1", carrier=False, port=BridgePort(state="disabled"))
    net = network(host, inner)
    after = with_link(net, WEB_NETNS, msgspec.structs.replace(link(net, WEB_NETNS, "eth0"), up=True, carrier=True))
    assert link(after, HOST_NETNS, "veth1").carrier
    assert link(after, HOST_NETNS, "veth1").port == BridgePort()


def test_a_veth_peer_that_is_down_gets_no_carrier() -> None:
    host = changed(host_namespace(), "veth1", carrier=False, up=False)
    net = network(host)
    after = with_link(net, WEB_NETNS, link(net, WEB_NETNS, "eth0"))
    assert not link(after, HOST_NETNS, "veth1").carrier


def test_a_bridge_gets_carrier_from_a_port_that_comes_up() -> None:
    host = changed(changed(host_namespace(), "docker0", carrier=False), "veth1", carrier=False)
    inner = changed(container_namespace(), "eth0", up=False, carrier=False)
    net = network(host, inner)
    eth0 = link(net, WEB_NETNS, "eth0")
    assert not link(with_link(net, WEB_NETNS, eth0), HOST_NETNS, "docker0").carrier
    inside = with_link(net, WEB_NETNS, msgspec.structs.replace(eth0, up=True, carrier=True))
    outside = with_link(net, HOST_NETNS, msgspec.structs.replace(link(net, HOST_NETNS, "veth1"), carrier=True))
    assert link(inside, HOST_NETNS, "docker0").carrier
    assert link(outside, HOST_NETNS, "docker0").carrier


def test_a_bridge_loses_its_carrier_with_its_last_port() -> None:
    net = network()
    left = msgspec.structs.replace(link(net, HOST_NETNS, "veth1"), master=None, port=None)
    after = with_link(net, HOST_NETNS, left)
    assert not link(after, HOST_NETNS, "docker0").carrier
    own = after.namespace(HOST_NETNS)
    second = Link(9, "veth2", "veth", master="docker0", port=BridgePort())
    two = net.with_namespace(HOST_NETNS, msgspec.structs.replace(own, links=(*net.namespace(HOST_NETNS).links, second)))
    assert link(with_link(two, HOST_NETNS, left), HOST_NETNS, "docker0").carrier


def test_routes_of_a_link_with_carrier_are_no_longer_down() -> None:
    net = network()
    plain = msgspec.structs.replace(link(net, HOST_NETNS, "eth0"), carrier=False)
    without = with_link(net, HOST_NETNS, plain)

    def down(each: Network) -> list[str]:
        return [
            route_text(route)
            for route in each.namespace(HOST_NETNS).routes
            if any(hop.linkdown for hop in route.next_hops)
        ]

    broadcast = "broadcast 198.51.100.255/32 dev eth0"
    assert down(without) == ["198.51.100.0/24 dev eth0", "default via 198.51.100.1 dev eth0", broadcast]
    assert down(with_link(without, HOST_NETNS, msgspec.structs.replace(plain, carrier=True))) == []


def test_a_deleted_bridge_takes_its_addresses_routes_and_values_with_it() -> None:
    """Its ports stay; so do the values of the kernel for all links."""
    host = host_namespace(values={"conf__docker0__route_localnet": "1"})
    after = without_link(network(host), HOST_NETNS, "docker0").namespace(HOST_NETNS)
    assert [each.name for each in after.links] == ["lo", "eth0", "veth1"]
    assert (after.links[-1].master, after.links[-1].port, after.links[-1].up) == (None, None, True)
    assert {each.link for each in after.addresses} == {"lo", "eth0"}
    assert {hop.link for each in after.routes for hop in each.next_hops} == {"lo", "eth0"}
    gone = {path[3] for path in host.sysctls.values if path not in after.sysctls.values}
    assert gone == {"docker0"}
    assert after.sysctls.text("net", "ipv4", "conf", "all", "forwarding") == "1"


def test_with_one_end_of_a_veth_pair_goes_the_other() -> None:
    after = without_link(network(), HOST_NETNS, "veth1")
    assert after.namespace(HOST_NETNS).link("veth1") is None
    inside = after.namespace(WEB_NETNS)
    assert [each.name for each in inside.links] == ["lo"]
    assert all(each.link == "lo" for each in inside.addresses)
    assert not link(after, HOST_NETNS, "docker0").carrier


def test_a_link_that_is_not_there_cannot_be_deleted() -> None:
    with pytest.raises(ChangeError):
        without_link(network(), HOST_NETNS, "eth9")


def test_a_bridge_has_the_smallest_mtu_of_its_ports() -> None:
    """As the kernel does: a link of 1450 bytes comes, one of 1500 beside it, and the first goes."""
    small = msgspec.structs.replace(link(network(), HOST_NETNS, "veth1"), mtu_bytes=1450)
    within = with_link(network(), HOST_NETNS, small)
    assert link(within, HOST_NETNS, "docker0").mtu_bytes == 1450
    second = msgspec.structs.replace(small, index=9, name="veth9", mtu_bytes=1500, peer_index=None)
    within = with_link(within, HOST_NETNS, second)
    assert link(within, HOST_NETNS, "docker0").mtu_bytes == 1450
    assert link(without_link(within, HOST_NETNS, "veth1"), HOST_NETNS, "docker0").mtu_bytes == 1500


def test_a_bridge_keeps_the_mtu_that_somebody_has_given_it() -> None:
    chosen = msgspec.structs.replace(link(network(), HOST_NETNS, "docker0"), mtu_bytes=1300)
    within = with_link(network(), HOST_NETNS, chosen)
    assert link(without_link(within, HOST_NETNS, "veth1"), HOST_NETNS, "docker0").mtu_bytes == 1300


CONF, DEFAULT = ("net", "ipv4", "conf", "old", "rp_filter"), ("net", "ipv4", "conf", "default", "rp_filter")
BEFORE = Namespace(
    "host",
    links=(Link(1, "old", "bridge"), Link(2, "port", master="old")),
    addresses=(Address("old", 4, 7, 24),),
    routes=(Route(4, 0, 24, next_hops=(NextHop("old"),)),),
    rules=(PolicyRule(4, 9, iif="old", table=7),),
    neighbours=(Neighbour("old", 4, 8, 8, "STALE"),),
    fdb=(FdbEntry("old", "port", 8),),
    sysctls=Sysctls({CONF: "1", DEFAULT: "0"}),
)


def test_what_the_kernel_keeps_by_the_link_follows_it_and_rules_keep_their_words() -> None:
    after = with_name(BEFORE, RenameLink(HOST_NETNS, "old", "new"))
    assert [(each.name, each.master) for each in after.links] == [("new", None), ("port", "new")]
    assert (after.addresses[0].link, after.neighbours[0].link, after.fdb[0].bridge) == ("new", "new", "new")
    assert after.routes[0].next_hops == (NextHop("new"),)
    assert after.sysctls.values == {("net", "ipv4", "conf", "new", "rp_filter"): "1", DEFAULT: "0"}
    assert after.rules == BEFORE.rules
    assert with_name(after, RenameLink(HOST_NETNS, "new", "old")) == BEFORE


@pytest.mark.parametrize(("link", "name"), (("gone", "new"), ("old", "port")))
def test_only_a_link_that_is_there_takes_a_free_name(link: str, name: str) -> None:
    with pytest.raises(ChangeError):
        with_name(BEFORE, RenameLink(HOST_NETNS, link, name))
