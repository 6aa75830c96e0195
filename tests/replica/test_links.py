"""Links in the words of ip(8): names, indexes and wires as in the snapshot."""

import msgspec
import pytest

from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.replica.links import mac_of, mac_text, running, settings, vlans, wiring
from tests.small_host import host_namespace, network

HOST = host_namespace()


def test_each_link_is_made_once_and_wired_as_it_was() -> None:
    found = wiring(network(), ("host", "container:web"))
    eth0, docker0, veth1 = (line.text for line in found.lines)
    assert eth0.startswith("link add name eth0 index 2 address ")
    assert eth0.endswith(" netns <netns host> type veth peer name w1 netns <netns world>")
    assert docker0.endswith(" mtu 1500 netns <netns host> type bridge forward_delay 0")
    assert " name veth1 index 5 " in veth1
    assert " netns <netns host> type veth peer name eth0 index 4 " in veth1
    assert veth1.endswith(" netns <netns container:web>")
    assert [(wire.netns, wire.link.name, wire.name) for wire in found.wires] == [("host", "eth0", "w1")]
    assert found.stand_ins == ()


def test_a_wire_to_a_namespace_that_is_not_rebuilt_ends_apart() -> None:
    assert wiring(network(), ("host",)).lines[-1].text.endswith(" type veth peer name f2 netns <netns apart>")


STAND_INS: dict[str, tuple[Link, str]] = {
    "XDP": (Link(2, "eth0", xdp=True), "eth0 in host carries an XDP program, which is not rebuilt"),
    "tc": (Link(2, "eth0", tc_egress=True), "eth0 in host carries a tc filter, which is not rebuilt"),
    "wireguard": (Link(2, "eth0", "wireguard"), "eth0 in host is a wireguard; a plain wire stands in"),
}


@pytest.mark.parametrize(("link", "text"), STAND_INS.values(), ids=STAND_INS)
def test_what_is_not_rebuilt_as_it_is_is_told(link: Link, text: str) -> None:
    links = tuple(link if each.name == "eth0" else each for each in HOST.links)
    found = wiring(network(msgspec.structs.replace(HOST, links=links)), ("host", "container:web"))
    assert [each.text for each in found.stand_ins] == [text]


def test_a_link_without_hardware_address_gets_one_of_its_own() -> None:
    assert mac_text(mac_of("host", Link(2, "eth0", mac=0x02420A000001))) == "02:42:0a:00:00:01"
    assert mac_of("host", Link(2, "eth0")) == mac_of("host", Link(2, "eth0"))
    assert mac_of("host", Link(2, "eth0")) != mac_of("container:web", Link(2, "eth0"))


def test_ports_join_their_bridge_with_their_flags() -> None:
    port = msgspec.structs.replace(HOST.links[3], port=BridgePort("blocking", hairpin=True, learning=False))
    lines = tuple(settings(msgspec.structs.replace(HOST, links=(*HOST.links[:3], port))))
    assert "link set dev veth1 master docker0" in lines
    assert "link set dev veth1 type bridge_slave hairpin on learning off" in lines
    assert lines[-1] == "link set dev veth1 type bridge_slave state 4"
    assert lines.index("link set dev veth1 up") < len(lines) - 1


def test_a_link_that_is_down_stays_down() -> None:
    links = (HOST.links[0], msgspec.structs.replace(HOST.links[1], up=False))
    host = msgspec.structs.replace(HOST, links=links)
    assert "link set dev eth0 up" not in tuple(settings(host))
    assert running(host) == ("lo",)


def test_vlans_of_a_bridge_that_filters() -> None:
    bridge = Link(3, "br0", "bridge", bridge=BridgeInfo(vlan_filtering=True, vlans=((1, 1, True),)))
    port = Link(4, "p0", master="br0", port=BridgePort(pvid=5, vlans=((5, 5, True), (10, 12, False))))
    assert tuple(vlans(msgspec.structs.replace(HOST, links=(bridge, port)))) == (
        "vlan add dev br0 self vid 1 pvid untagged",
        "vlan del dev p0 vid 1",
        "vlan add dev p0 vid 5 pvid untagged",
        "vlan add dev p0 vid 10-12",
    )
