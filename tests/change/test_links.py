import msgspec

from hairpin.change.links import with_link
from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.network.network import Network
from hairpin.network.routing import route_text
from tests.small_host import container_namespace, host_namespace, network


def changed(namespace: Namespace, name: str, **changes: object) -> Namespace:
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == name else each for each in namespace.links)
    return msgspec.structs.replace(namespace, links=links)


def link(net: Network, netns: str, name: str) -> Link:
    found = net.namespace(netns).link(name)
    assert found is not None
    return found


def test_the_link_of_its_name_is_replaced() -> None:
    net = network()
    lost = msgspec.structs.replace(link(net, "host", "eth0"), up=False, carrier=False)
    after = with_link(net, net.namespace("host"), lost)
    assert link(after, "host", "eth0") == lost
    gone = [each for each in net.namespace("host").routes if each not in after.namespace("host").routes]
    assert {hop.link for each in gone for hop in each.next_hops} == {"eth0"}
    assert all(each.type != "local" for each in gone)
    assert after.namespace("container:web") == net.namespace("container:web")


def test_a_bridge_that_comes_up_lets_its_ports_forward_and_has_its_routes() -> None:
    host = changed(host_namespace(), "docker0", up=False, carrier=False)
    host = changed(host, "veth1", port=BridgePort(state="disabled"))
    host = msgspec.structs.replace(host, routes=host.routes[:2])
    net = network(host)
    up = msgspec.structs.replace(link(net, "host", "docker0"), up=True, carrier=True)
    after = with_link(net, net.namespace("host"), up)
    assert link(after, "host", "veth1").port == BridgePort()
    assert "172.17.0.0/16 dev docker0" in [route_text(each) for each in after.namespace("host").routes]


def test_a_port_that_is_down_stays_disabled() -> None:
    host = changed(host_namespace(), "veth1", port=BridgePort(state="disabled"), up=False)
    net = network(host)
    after = with_link(net, net.namespace("host"), link(net, "host", "docker0"))
    assert link(after, "host", "veth1").port == BridgePort(state="disabled")


def test_the_other_end_of_a_veth_gets_carrier() -> None:
    inner = changed(container_namespace(), "eth0", up=False, carrier=False)
    host = changed(host_namespace(), "veth1", carrier=False, port=BridgePort(state="disabled"))
    net = network(host, inner)
    after = with_link(net, inner, msgspec.structs.replace(link(net, "container:web", "eth0"), up=True, carrier=True))
    assert link(after, "host", "veth1").carrier
    assert link(after, "host", "veth1").port == BridgePort()


def test_an_end_that_is_down_does_not() -> None:
    host = changed(host_namespace(), "veth1", carrier=False, up=False)
    net = network(host)
    after = with_link(net, net.namespace("container:web"), link(net, "container:web", "eth0"))
    assert not link(after, "host", "veth1").carrier


def test_a_bridge_has_carrier_by_the_port_that_works_again() -> None:
    host = changed(changed(host_namespace(), "docker0", carrier=False), "veth1", carrier=False)
    inner = changed(container_namespace(), "eth0", up=False, carrier=False)
    net = network(host, inner)
    eth0 = link(net, "container:web", "eth0")
    assert not link(with_link(net, inner, eth0), "host", "docker0").carrier
    inside = with_link(net, inner, msgspec.structs.replace(eth0, up=True, carrier=True))
    outside = with_link(net, host, msgspec.structs.replace(link(net, "host", "veth1"), carrier=True))
    assert link(inside, "host", "docker0").carrier
    assert link(outside, "host", "docker0").carrier


def test_routes_of_a_link_with_carrier_are_no_longer_down() -> None:
    net = network()
    plain = msgspec.structs.replace(link(net, "host", "eth0"), carrier=False)
    without = with_link(net, net.namespace("host"), plain)

    def down(each: Network) -> list[str]:
        return [
            route_text(route) for route in each.namespace("host").routes if any(hop.linkdown for hop in route.next_hops)
        ]

    broadcast = "broadcast 198.51.100.255/32 dev eth0"
    assert down(without) == ["198.51.100.0/24 dev eth0", "default via 198.51.100.1 dev eth0", broadcast]
    assert down(with_link(without, without.namespace("host"), msgspec.structs.replace(plain, carrier=True))) == []
