"""The far ends of tunnels that were not read, as devices of the world."""

import msgspec

from hairpin.host.host import Host
from hairpin.host.link import Tunnel
from hairpin.host.route import FdbEntry
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.plan.blueprint import WORLD, Blueprint, FarEnd, NetnsPlan
from hairpin.replica.plan.far_ends import FEW
from hairpin.replica.plan.plan import blueprint
from tests.two_hosts import ADDRESSES, MACS, TUNNEL_ADDRESSES, network, node

THROUGH = Flow(FromHost(), 4, TUNNEL_ADDRESSES["two"], "tcp", 80, host="one")
THIRD = parse_address("198.51.100.13")[1]
TO_THIRD = FdbEntry(None, "flannel.1", MACS["two"], remote=THIRD)


def with_entries(*entries: FdbEntry) -> Host:
    host = node("one")
    (namespace,) = host.namespaces
    changed = msgspec.structs.replace(namespace, fdb=(*namespace.fdb, *entries))
    return msgspec.structs.replace(host, namespaces=(changed,))


def world_of(plan: Blueprint) -> NetnsPlan:
    return next(each for each in plan.namespaces if each.netns == WORLD)


def planned(net: Network) -> NetnsPlan:
    return world_of(blueprint(net, (THROUGH,)))


def test_each_remote_has_a_device_in_the_world() -> None:
    lines = planned(network(with_entries(TO_THIRD))).lines
    made = [line for line in lines if line.startswith("link add")]
    start = "link add name {} mtu 1450 type vxlan id 1 local {} remote 198.51.100.11 dstport {}"
    assert made == [start.format("t1", "198.51.100.12", 61001), start.format("t2", "198.51.100.13", 61002)]


def test_outer_packets_go_back_from_the_address_that_was_asked() -> None:
    lines = planned(network(node("one"))).lines
    assert "route add local 198.51.100.12/32 dev lo table local" in lines
    assert "rule add priority 5 iif lo ipproto udp dport 61001 lookup 2002" in lines
    back = "route add 0.0.0.0/0 via 169.254.254.254 dev w1 onlink src 198.51.100.12 table 2002"
    assert back in lines


def test_the_port_of_the_tunnel_becomes_the_port_of_the_device_and_again_the_tunnels() -> None:
    text = "\n".join(load.text for load in planned(network(node("one"))).loads)
    assert "ip daddr 198.51.100.12 udp dport 8472 @th,96,24 1 udp dport set 61001 udp checksum set 0" in text
    assert "udp dport 61001 udp dport set 8472 udp checksum set 0" in text


def test_inner_packets_of_all_sources_are_taken() -> None:
    lines = planned(network(node("one"))).lines
    assert "rule add priority 200 iif t1 lookup 99" in lines
    assert not [line for line in lines if "iif t1" in line and "blackhole" in line]


def test_the_judge_is_told_which_packets_are_outer_ones() -> None:
    assert blueprint(network(node("one")), (THROUGH,)).far_ends == (FarEnd("t1", "198.51.100.12", 8472),)


def test_a_host_without_tunnels_and_hosts_that_were_read_have_none() -> None:
    plain = node("one")
    (namespace,) = plain.namespaces
    links = tuple(each for each in namespace.links if each.tunnel is None)
    without = msgspec.structs.replace(plain, namespaces=(msgspec.structs.replace(namespace, links=links),))
    for net in (network(without), network()):
        assert blueprint(net, (THROUGH,)).far_ends == ()


def test_of_many_remotes_only_those_of_the_flows_have_a_device() -> None:
    many = tuple(msgspec.structs.replace(TO_THIRD, mac=each, remote=THIRD + each) for each in range(1, FEW + 1))
    found = blueprint(network(with_entries(*many)), (THROUGH,)).far_ends
    assert [each.address for each in found] == ["198.51.100.12"]


def test_a_remote_that_a_change_brings_is_there_before() -> None:
    found = blueprint(network(node("one")), (THROUGH,), changed=network(with_entries(TO_THIRD))).far_ends
    assert [each.address for each in found] == ["198.51.100.12", "198.51.100.13"]


def test_a_vxlan_that_carries_no_arp_has_entries_at_its_far_end() -> None:
    tunnel = Tunnel("vxlan", key=1, port=8472, local=ADDRESSES["one"], proxy=True)
    lines = planned(network(node("one", tunnel=tunnel))).lines
    assert "neighbour replace 10.244.1.0 lladdr 02:00:00:00:00:21 dev t1 nud permanent" in lines
