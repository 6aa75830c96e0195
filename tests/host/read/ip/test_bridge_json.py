"""Forwarding databases and VLANs from iproute2's JSON."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.host.read.ip.bridge_json import PortVlans, fdb, vlans, with_ports
from hairpin.host.route import FdbEntry
from tests.host.fixture_evidence import text_of

REAL = fdb(text_reading(text_of("iproute2-6.1", "bridge-fdb.json"), "bridge fdb", "e4"))
# As printed by bridge(8) of iproute2 6.1 on a kernel with VLAN filtering.
VLANS = """[{"ifname":"br0","vlans":[{"vlan":1,"flags":["PVID","Egress Untagged"]}]},
{"ifname":"v1","vlans":[{"vlan":5,"flags":["PVID","Egress Untagged"]},{"vlan":10,"vlanEnd":20}]},
{"ifname":"v2","vlans":[{"vlan":7}]}]"""


def test_learned_and_own_entries() -> None:
    on_v1 = [item for item in REAL if item.port == "v1" and item.bridge == "br0"]
    assert {(item.state, item.local) for item in on_v1} == {("", False), ("permanent", True)}


def test_addresses_that_a_device_listens_for_are_no_bridge_entries() -> None:
    own = [item for item in REAL if item.bridge is None]
    assert own
    assert not any(item.local for item in own)


def test_the_remote_of_a_tunnels_entry() -> None:
    text = '[{"mac":"00:00:00:00:00:00","ifname":"vx0","dst":"192.0.2.9","flags":["self"],"state":"permanent"}]'
    assert fdb(text_reading(text, "bridge fdb")) == (FdbEntry(None, "vx0", 0, state="permanent", remote=0xC0000209),)


def test_vlans() -> None:
    assert vlans(text_reading(VLANS, "bridge vlan")) == (
        PortVlans("br0", 1, ((1, 1, True),)),
        PortVlans("v1", 5, ((5, 5, True), (10, 20, False))),
        PortVlans("v2", None, ((7, 7, False),)),
    )


def test_nothing_printed_is_nothing_there() -> None:
    assert fdb(text_reading("", "bridge fdb")) == ()
    assert vlans(text_reading("\n", "bridge vlan")) == ()


@pytest.mark.parametrize("text", ('[{"mac":"zz:00:00:00:00:00","ifname":"a"}]', '[{"mac":1}]', "{}", "[{}]"))
def test_damage_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError, match="bridge fdb"):
        fdb(text_reading(text, "bridge fdb"))


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
