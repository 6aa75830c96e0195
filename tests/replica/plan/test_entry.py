"""How a client's flow begins in the world around a host."""

import msgspec

from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.world import PublicAddress, UpstreamRule, World
from hairpin.replica.plan.entry import Entry, entry
from tests.acceptance.test_networks import network as recorded
from tests.replica.plan.test_world import FLOW, OUT, PUBLIC
from tests.small_host import HOST_ADDRESS, network, number


def test_a_flow_from_inside_does_not_begin_there() -> None:
    assert entry(network(), OUT) is None


def test_a_client_uses_the_public_address_and_the_gateway_maps_it() -> None:
    stated = World(publics=(PublicAddress(4, PUBLIC, HOST_ADDRESS),))
    asked = msgspec.structs.replace(FLOW, daddr=PUBLIC)
    assert entry(network(world=stated), asked) == Entry("192.0.2.10", "198.51.100.11", "eth0")


def test_a_flow_that_an_upstream_rule_keeps_out_does_not_begin() -> None:
    assert entry(network(world=World(upstream=(UpstreamRule("deny", "tcp", (8151, 8151)),))), FLOW) is None


def test_a_neighbour_finds_the_owner_of_an_address_himself() -> None:
    begins = entry(network(), Flow(Lan(number("198.51.100.77")), 4, HOST_ADDRESS + 1, "tcp", 80))
    assert begins is not None
    assert begins.link == ""


def test_a_client_behind_a_tunnel_begins_at_its_far_end() -> None:
    whole = recorded("healthy-flannel-vxlan")
    node = Network((whole.host("node1"),), whole.world)
    own, pod = (number(each) for each in ("198.51.100.11", "10.244.2.2"))
    asked = Flow(Outside(pod), 4, own, "tcp", 8151, host="node1")
    assert entry(node, asked) == Entry("10.244.2.2", "198.51.100.11", "flannel.1")
