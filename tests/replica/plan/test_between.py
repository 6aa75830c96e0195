"""The networks between hosts that are rebuilt together."""

import msgspec

from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, World
from hairpin.replica.plan.between import (
    crosses,
    forwarding_rules,
    own_rules,
    proxy_arp_settings,
    segments_plan,
    tunnel_ports,
)
from hairpin.replica.plan.blueprint import SEGMENTS
from hairpin.replica.plan.hardware_addresses import macs_behind
from hairpin.replica.plan.links import Wire, wiring
from hairpin.replica.plan.plan import blueprint
from tests.two_hosts import ADDRESSES, network, node, vxlan

ACROSS = Flow(FromHost(), 4, ADDRESSES["two"], "tcp", 80, host="one")


def wires(net: Network) -> tuple[Wire, ...]:
    return wiring(net, tuple(netns for netns, _ in net.namespaces())).wires


def test_each_uplink_and_its_world_are_ports_of_one_bridge() -> None:
    net = network()
    (plan,) = segments_plan(net, wires(net), macs_behind(net, wires(net)))
    assert plan.netns == SEGMENTS
    assert {f"link set dev {port} master s1" for port in ("h1", "v1", "h2", "v2")} <= set(plan.lines)
    assert plan.running == ("h1", "v1", "h2", "v2")


def test_an_uplink_reaches_only_its_own_end_in_the_world() -> None:
    net = network()
    (plan,) = segments_plan(net, wires(net), macs_behind(net, wires(net)))
    (load,) = plan.loads
    assert 'iifname "h1" oifname "v*" oifname != "v1" drop' in load.text
    assert 'iifname "v2" oifname != "h2" drop' in load.text
    # Otherwise a frame would pass before the rules are there.
    assert plan.guarded_lines == ("link set dev s1 up",)


def test_one_host_alone_has_nothing_between() -> None:
    net = network(node("one"))
    assert segments_plan(net, wires(net), macs_behind(net, wires(net))) == ()
    assert SEGMENTS not in {each.netns for each in blueprint(net, (ACROSS,)).namespaces}


def test_the_world_forwards_to_another_host() -> None:
    net = network()
    assert tuple(forwarding_rules(net, wires(net), 4, 101)) == (
        "rule add priority 150 iif w1 to 198.51.100.12/32 lookup 102",
        "rule add priority 150 iif w2 to 198.51.100.11/32 lookup 101",
    )
    assert tuple(own_rules(net, wires(net), 4, 101)) == (
        "rule add priority 151 iif lo to 198.51.100.11/32 lookup 101",
        "rule add priority 151 iif lo to 198.51.100.12/32 lookup 102",
    )


def test_the_world_answers_arp_for_another_host_only_where_they_share_no_wire() -> None:
    assert tuple(proxy_arp_settings(wires(network()))) == ()
    apart = network(node("one"), node("two", address=parse_address("203.0.113.12")[1]))
    assert [each.path for each in proxy_arp_settings(wires(apart))] == [
        "net/ipv4/conf/w1/proxy_arp",
        "net/ipv4/conf/w2/proxy_arp",
    ]


def test_a_destination_crosses_when_it_is_another_hosts() -> None:
    net = network()
    asked = ("198.51.100.12", "198.51.100.11", "203.0.113.80")
    assert [crosses(net, "one", 4, each) for each in asked] == [True, False, False]
    assert not crosses(network(node("one")), "one", 4, "198.51.100.12")


def test_ports_of_tunnels() -> None:
    net = network(node("one"), node("two", tunnel=vxlan("two", port=4789)))
    assert set(tunnel_ports(net)) == {8472, 4789}


def test_namespaces_of_both_hosts_are_rebuilt_and_told_apart() -> None:
    found = blueprint(network(), (ACROSS,))
    assert [each.netns for each in found.namespaces if each.netns.host] == [Netns("one"), Netns("two")]
    assert {way.netns.host: way.wire for way in found.ways} == {"one": "w1", "two": "w2"}
    assert {line.host for line in found.links} == {"one", "two"}


def test_a_peer_drops_the_packets_of_the_host_that_it_is_stated_for() -> None:
    stated = msgspec.structs.replace(network(), world=World(peers=(Peer(4, 0, 0, host="two"),)))
    (plan,) = segments_plan(stated, wires(stated), macs_behind(stated, wires(stated)))
    assert 'iifname "h2" oifname "h*" ip daddr 0.0.0.0/0 drop' in plan.loads[0].text
    assert 'iifname "h1" oifname "h*" ip' not in plan.loads[0].text
    everybody = msgspec.structs.replace(network(), world=World(peers=(Peer(4, 0, 0),)))
    (plan,) = segments_plan(everybody, wires(everybody), macs_behind(everybody, wires(everybody)))
    assert 'iifname "h*" oifname "h*" ip daddr 0.0.0.0/0 drop' in plan.loads[0].text
