from hairpin.network.flow import Lan
from hairpin.replica.plan.announced import routes, rules, wire_mtu
from hairpin.replica.plan.links import Wire
from tests.causes.hosts import with_link
from tests.small_host import CLIENT, HOST_NETNS, host_namespace, network, published


def wire(mtu_bytes: int) -> Wire:
    link = with_link(host_namespace(), "eth0", mtu_bytes=mtu_bytes).link("eth0")
    assert link is not None
    return Wire(HOST_NETNS, link, "w1")


def test_a_client_behind_a_router_tells_ethernet_s_mtu() -> None:
    net, flows = network(with_link(host_namespace(), "eth0", mtu_bytes=1400)), (published(),)
    (line,) = routes(net, flows, wire(1400), 0, 4)
    assert line.endswith("onlink table 3001 advmss 1460")
    assert list(rules(net, flows, (wire(1400),), 4, {"w1": 1})) == [
        "rule add priority 9 fwmark 1001 from 192.0.2.10/32 iif lo lookup 3001",
        "rule add priority 9 fwmark 1 from 192.0.2.10/32 iif lo lookup 3001",
    ]
    assert list(wire_mtu(wire(1400))) == ["link set dev w1 mtu 1400"]


def test_a_neighbour_tells_its_link_s() -> None:
    net = network(with_link(host_namespace(), "eth0", mtu_bytes=1400))
    assert not list(routes(net, (published(Lan(CLIENT)),), wire(1400), 0, 4))


def test_a_usual_wire_needs_nothing() -> None:
    assert not list(wire_mtu(wire(1500)))
    assert not list(routes(network(), (published(),), wire(1500), 0, 4))
