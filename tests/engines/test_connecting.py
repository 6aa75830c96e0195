"""A container connected to a second network.  What becomes of the default route and of the published ports is what
Docker 20.10.24 was seen to do."""

import msgspec

from hairpin.change.calls import ConnectContainer
from hairpin.change.change import AddNamespace, Change
from hairpin.change.simulate import simulate
from hairpin.engines.connecting import connecting_change, moves_ports
from hairpin.host.docker import DockerNetwork, Subnet
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.small_host import (
    WEB_ITSELF,
    container,
    engine,
    host_namespace,
    local,
    network,
    route,
)

_, GATEWAY_2 = parse_address("172.18.0.1")
_, NET_2 = parse_address("172.18.0.0")


def with_second(name: str) -> tuple[Network, DockerNetwork]:
    """Return the host with a second network of that name, on which there is no container yet."""
    second = DockerNetwork("n2", name, "bridge", subnets=(Subnet(4, NET_2, 16, GATEWAY_2),), bridge="br-2")
    docker = engine(container())
    docker = msgspec.structs.replace(docker, networks=(*docker.networks, second))
    host = host_namespace(routes=(local("172.18.0.1/32", "br-2"), route("172.18.0.0/16", "br-2")))
    host = msgspec.structs.replace(
        host,
        links=(*host.links, Link(9, "br-2", "bridge", bridge=BridgeInfo())),
        addresses=(*host.addresses, Address("br-2", 4, GATEWAY_2, 16)),
    )
    return network(host, docker=docker), second


def connect(name: str) -> tuple[Network, Change]:
    whole, second = with_second(name)
    change = connecting_change(whole.this, container(), second)
    assert change is not None
    return simulate(change, whole), change


def test_the_container_reaches_its_second_network_directly() -> None:
    before, _ = with_second("zoo")
    after, change = connect("zoo")
    assert change.calls == (ConnectContainer("docker", "connect", "zoo", "web"),)
    flow = Flow(WEB_ITSELF, 4, GATEWAY_2, "icmp", 1)
    steps = [walk_flow(each, flow).usual.request for each in (before, after)]
    assert [any(step.link == "eth1" for step in each) for each in steps] == [False, True]
    assert walk_flow(after, flow).verdict == "delivered"


def test_a_network_that_sorts_later_leaves_the_way_out_and_the_ports() -> None:
    whole, second = with_second("zoo")
    _, change = connect("zoo")
    assert not moves_ports(whole.this, container(), second)
    assert len(change.parts) == 1


def test_a_network_that_sorts_first_takes_the_default_route_and_the_ports() -> None:
    whole, second = with_second("apart")
    after, change = connect("apart")
    assert moves_ports(whole.this, container(), second)
    (added,) = (part for part in change.parts if isinstance(part, AddNamespace))
    defaults = [each.next_hops[0] for each in added.namespace.routes if each.prefix_length == 0]
    assert [(each.link, each.gateway) for each in defaults] == [("eth1", GATEWAY_2)]
    texts = [
        rule.text for table in after.this.namespaces[0].ruleset.tables for each in table.chains for rule in each.rules
    ]
    assert "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80" not in texts
    assert any("--to-destination 172.18.0.2:80" in text for text in texts)


def test_a_container_is_not_connected_twice_nor_to_a_bridge_that_is_gone() -> None:
    whole, second = with_second("zoo")
    assert connecting_change(whole.this, container(), whole.this.engines[0].networks[0]) is None
    assert connecting_change(whole.this, container(), msgspec.structs.replace(second, bridge="br-none")) is None
