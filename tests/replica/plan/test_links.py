"""Links in the words of ip(8): names, indexes and wires as in the snapshot."""

import msgspec
import pytest

from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network
from hairpin.replica.plan.links import Wiring, mac_of, wiring
from tests.rows import each_row
from tests.small_host import HOST_NETNS, host_namespace, network, sibling

HOST = host_namespace()


def test_each_link_is_made_once_and_wired_as_it_was() -> None:
    found = wiring(network(), (HOST_NETNS, sibling("container:web")))
    eth0, docker0, veth1 = (line.text for line in found.lines)
    assert eth0.startswith("link add name eth0 index 2 address ")
    assert eth0.endswith(" netns <netns test/host> type veth peer name w1 netns <netns /world>")
    assert docker0.endswith(" mtu 1500 netns <netns test/host> type bridge forward_delay 0")
    assert " name veth1 index 5 " in veth1
    assert " netns <netns test/host> type veth peer name eth0 index 4 " in veth1
    assert veth1.endswith(" netns <netns test/container:web>")
    assert [(wire.netns, wire.link.name, wire.name) for wire in found.wires] == [(HOST_NETNS, "eth0", "w1")]
    assert found.stand_ins == ()


def test_a_wire_to_a_namespace_that_is_not_rebuilt_ends_apart() -> None:
    assert wiring(network(), (HOST_NETNS,)).lines[-1].text.endswith(" type veth peer name f2 netns <netns /apart>")


def test_a_queue_that_takes_every_packet_is_not_told() -> None:
    plain = (Qdisc("noqueue"), Qdisc("tbf", burst_bytes=10_000), Qdisc("fq_codel", limit=10_240))
    assert [made(outer(Link(2, "eth0", qdiscs=(each,)))).stand_ins for each in plain] == [(), (), ()]


STAND_INS: dict[str, tuple[Link, str]] = {
    "XDP": (Link(2, "eth0", xdp=True), "eth0 in host has an XDP program, and the test copy (replica) lacks it"),
    "tc": (Link(2, "eth0", tc_egress=True), "eth0 in host has a tc filter, and the test copy (replica) lacks it"),
    "tc, understood": (
        Link(2, "eth0", filters=(Filter("ingress", "matchall", 1),)),
        "eth0 in host has a tc filter, and the test copy (replica) lacks it",
    ),
    "queue": (
        Link(2, "eth0", qdiscs=(Qdisc("pfifo", limit=0, words=("limit", "0")),)),
        "eth0 in host has a queueing discipline that the test copy (replica) lacks: pfifo limit 0",
    ),
    "wireguard": (
        Link(2, "eth0", "wireguard"),
        "eth0 in host is a wireguard; the test copy (replica) has a plain veth instead",
    ),
}


@each_row(("link", "text"), STAND_INS.values(), ids=STAND_INS)
def test_a_link_that_is_not_rebuilt_as_it_is_is_reported(link: Link, text: str) -> None:
    links = tuple(link if each.name == "eth0" else each for each in HOST.links)
    found = wiring(network(msgspec.structs.replace(HOST, links=links)), (HOST_NETNS, sibling("container:web")))
    assert [str(each.said) for each in found.stand_ins] == [text]


def outer(*links: Link) -> Network:
    """Return the small host with these links for eth0."""
    return network(msgspec.structs.replace(HOST, links=(HOST.links[0], *links, *HOST.links[2:])))


def made(built: Network, *able: str) -> Wiring:
    return wiring(built, (HOST_NETNS, sibling("container:web")), frozenset(able))


VLAN = Link(9, "eth0.5", "vlan", lower="eth0", vlan_id=5)
MEMBERS = (Link(2, "eth0", master="bond0"), Link(7, "eth1", master="bond0"), Link(9, "bond0", "bond"))


def test_a_vlan_stands_on_its_link_here_and_in_the_world() -> None:
    found = made(outer(VLAN, Link(10, "eth0")), "vlan")
    assert found.lines[-1].text.startswith("link add link eth0 name eth0.5 index 9 ")
    assert found.lines[-1].text.endswith(" netns <netns test/host> type vlan id 5")
    assert [(wire.link.name, wire.name, wire.over, wire.vlan_id) for wire in found.wires] == [
        ("eth0", "w1", "", 0),
        ("eth0.5", "w2", "w1", 5),
    ]
    assert found.stand_ins == ()


def test_a_vlan_on_a_bridge_takes_the_wire_of_its_port() -> None:
    bridge, port = Link(8, "br0", "bridge", bridge=BridgeInfo()), Link(2, "eth0", master="br0", port=BridgePort())
    found = made(outer(port, bridge, msgspec.structs.replace(VLAN, lower="br0")), "vlan")
    assert [(wire.link.name, wire.over) for wire in found.wires] == [("eth0", ""), ("eth0.5", "w1")]


def test_the_world_is_behind_a_bonds_active_member() -> None:
    found = made(outer(*MEMBERS), "bond")
    eth0, _, _, eth1, bond0 = (line.text for line in found.lines)
    assert eth0.endswith(" type veth peer name w1 netns <netns /world>")
    assert eth1.endswith(" netns <netns /apart>")
    assert bond0.endswith(" type bond mode active-backup miimon 10")
    assert [(wire.link.name, wire.name) for wire in found.wires] == [("bond0", "w1")]


def test_a_member_without_carrier_is_not_the_active_one() -> None:
    found = made(outer(msgspec.structs.replace(MEMBERS[0], carrier=False), *MEMBERS[1:]), "bond")
    (eth1,) = (line.text for line in found.lines if " name eth1 " in line.text)
    assert eth1.endswith(f" peer name {found.wires[0].name} netns <netns /world>")


def test_a_dummy_is_a_dummy() -> None:
    found = made(outer(HOST.links[1], Link(9, "dummy0", "dummy")), "dummy")
    assert any(line.text.endswith(" netns <netns test/host> type dummy") for line in found.lines)


KINDS_LACKING: dict[str, tuple[tuple[Link, ...], str]] = {
    "vlan": (
        (HOST.links[1], VLAN),
        "this kernel cannot make eth0.5 in host, a vlan; the test copy (replica) has a plain veth instead",
    ),
    "bond": (
        MEMBERS,
        "this kernel cannot make bond0 in host, a bond; the test copy (replica) has a plain veth instead",
    ),
    "dummy": (
        (HOST.links[1], Link(9, "dummy0", "dummy")),
        "this kernel cannot make dummy0 in host, a dummy; the test copy (replica) has a plain veth instead",
    ),
}


@pytest.mark.parametrize(("links", "text"), KINDS_LACKING.values(), ids=KINDS_LACKING)
def test_a_stand_in_for_a_wire_is_reported(links: tuple[Link, ...], text: str) -> None:
    assert [str(each.said) for each in made(outer(*links)).stand_ins] == [text]


def test_a_link_without_hardware_address_gets_one_of_its_own() -> None:
    assert write_mac(mac_of(HOST_NETNS, Link(2, "eth0", mac=0x02420A000001))) == "02:42:0a:00:00:01"
    assert mac_of(HOST_NETNS, Link(2, "eth0")) == mac_of(HOST_NETNS, Link(2, "eth0"))
    assert mac_of(HOST_NETNS, Link(2, "eth0")) != mac_of(sibling("container:web"), Link(2, "eth0"))
