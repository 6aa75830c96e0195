"""What ``bridge`` says of ports reaches the links that it is said of, and no others."""

from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.host.read.ip.bridge_json import PortVlans
from hairpin.host.read.ip.bridge_ports import with_ports

BRIDGE = Link(1, "br0", kind="bridge", bridge=BridgeInfo(vlan_filtering=True))
PORT = Link(2, "v1", kind="veth", master="br0")
BONDED = Link(3, "eth0", master="bond0")
LINKS = (BRIDGE, PORT, BONDED)


def test_a_port_that_is_not_listed_has_the_kernels_defaults() -> None:
    assert with_ports(LINKS, (), ()) == (BRIDGE, Link(2, "v1", kind="veth", master="br0", port=BridgePort()), BONDED)


def test_bridges_word_comes_before_ips() -> None:
    said, other = BridgePort(hairpin=True), BridgePort(isolated=True)
    link = Link(2, "v1", kind="veth", master="br0", port=other)
    assert with_ports((BRIDGE, link), (("v1", said), ("eth0", other)), ())[1].port == said
    assert with_ports((BRIDGE, link), (), ())[1].port == other


def test_vlans_reach_ports_and_bridge() -> None:
    vlans = (PortVlans("br0", 1, ((1, 1, True),)), PortVlans("v1", 5, ((5, 9, False),)))
    bridge, port, bonded = with_ports(LINKS, (), vlans)
    assert bridge.bridge == BridgeInfo(vlan_filtering=True, pvid=1, vlans=((1, 1, True),))
    assert port.port == BridgePort(pvid=5, vlans=((5, 9, False),))
    assert bonded == BONDED


def test_a_port_that_the_list_of_vlans_lacks_is_in_none() -> None:
    _, port, _ = with_ports(LINKS, (), (PortVlans("br0", 1, ((1, 1, True),)),))
    assert port.port == BridgePort(pvid=None, vlans=())
