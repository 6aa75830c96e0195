"""Settings that links get after all of them are there."""

import msgspec

from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.replica.plan.link_settings import running, settings, states, vlans
from tests.replica.plan.test_links import HOST, MEMBERS, outer
from tests.small_host import HOST_NETNS


def test_members_join_their_bond_only_if_there_is_one() -> None:
    host = outer(*MEMBERS).namespace(HOST_NETNS)
    assert "link set dev eth0 master bond0" in tuple(settings(host, frozenset({"bond"})))
    assert "link set dev eth0 master bond0" not in tuple(settings(host, frozenset()))


def test_ports_join_their_bridge_with_their_flags() -> None:
    port = msgspec.structs.replace(HOST.links[3], port=BridgePort("blocking", hairpin=True, learning=False))
    host = msgspec.structs.replace(HOST, links=(*HOST.links[:3], port))
    lines = tuple(settings(host))
    assert "link set dev veth1 master docker0" in lines
    assert "link set dev veth1 type bridge_slave hairpin on learning off" in lines
    assert tuple(states(host)) == ("link set dev veth1 state 4",)


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
