"""Which uplinks a bridge joins in the replica."""

import msgspec

from hairpin.host.host import Host
from hairpin.host.link import Link
from hairpin.network.network import Network, Port
from hairpin.replica.plan.segments import Segment, segments
from tests.rows import each_row
from tests.two_hosts import ONE, TWO, network, node, seen

BOTH = (Port(ONE, "eth0"), Port(TWO, "eth0"))


def on(name: str, *links: Link, own: str) -> Host:
    """Return the host whose address is on the link ``own``, which stands on eth0."""
    host = node(name, neighbours=(msgspec.structs.replace(seen(name), link=own),))
    (namespace,) = host.namespaces
    addresses = tuple(
        msgspec.structs.replace(each, link=own) if each.link == "eth0" else each for each in namespace.addresses
    )
    plain = tuple(each for each in namespace.links if each.name != "eth0")
    changed = msgspec.structs.replace(namespace, links=(*plain, *links), addresses=addresses)
    return msgspec.structs.replace(host, namespaces=(changed,))


def vlan(name: str, number: int) -> Host:
    nic = node(name).namespaces[0].link("eth0")
    assert nic is not None
    return on(name, nic, Link(9, "eth0.5", "vlan", mac=nic.mac, lower="eth0", vlan_id=number), own="eth0.5")


def bond(name: str) -> Host:
    nic = node(name).namespaces[0].link("eth0")
    assert nic is not None
    members = tuple(msgspec.structs.replace(nic, name=f"eth{at}", index=10 + at, master="bond0") for at in (0, 1))
    return on(name, *members, Link(9, "bond0", "bond", mac=nic.mac), own="bond0")


CASES: dict[str, tuple[Network, tuple[Port, ...]]] = {
    "seen": (network(node("one", neighbours=(seen("one"),)), node("two")), BOTH),
    "assumed": (network(), BOTH),
    "one host alone": (network(node("one")), ()),
    "a VLAN: the link below": (network(vlan("one", 5), vlan("two", 5)), BOTH),
    "two VLANs do not meet": (network(vlan("one", 5), vlan("two", 6)), ()),
    "a bond, not its members": (network(bond("one"), bond("two")), (Port(ONE, "bond0"), Port(TWO, "bond0"))),
}


@each_row(("net", "uplinks"), CASES.values(), ids=CASES)
def test_segments(net: Network, uplinks: tuple[Port, ...]) -> None:
    found = segments(net, tuple(netns for netns, _ in net.namespaces()))
    assert [each.name for each in found] == ["s1"][: len(found)]
    assert {port for each in found for port in each.uplinks} == set(uplinks)


def test_a_host_that_is_not_rebuilt_is_on_no_segment() -> None:
    assert segments(network(), (ONE,)) == ()


def test_segments_that_share_an_uplink_are_one() -> None:
    third = msgspec.structs.replace(node("two", address=0xC6336421), name="three")
    hosts = network(node("one"), node("two"), third)
    (found,) = segments(hosts, tuple(netns for netns, _ in hosts.namespaces()))
    assert isinstance(found, Segment)
    assert {port.netns.host for port in found.uplinks} == {"one", "two", "three"}
