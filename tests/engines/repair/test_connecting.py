"""A container connected to a second network.  What becomes of the default route and of the published ports is what
Docker 20.10.24 was seen to do."""

import msgspec
import pytest

from hairpin.change.calls import ConnectContainer
from hairpin.change.change import AddNamespace, Change
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.search import suspects
from hairpin.engines.repair.connecting import connecting_change, moves_ports, own_default_route, refused_connection
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Subnet
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.small_host import (
    HOST_NETNS,
    WEB_ITSELF,
    container,
    container_namespace,
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


def alone(mode: str, *endpoints: Endpoint) -> tuple[Network, Container, DockerNetwork]:
    """Return the host with a second network, whose container, of that mode, has no link but lo."""
    whole, second = with_second("zoo")
    one = msgspec.structs.replace(container(), network_mode=mode, endpoints=endpoints)
    docker = msgspec.structs.replace(whole.this.engines[0], containers=(one,))
    inner = container_namespace()
    bare = msgspec.structs.replace(inner, links=inner.links[:1], addresses=inner.addresses[:1], routes=inner.routes[:2])
    host = msgspec.structs.replace(whole.this, namespaces=(whole.namespace(HOST_NETNS), bare), engines=(docker,))
    return whole.with_host(host), one, second


def test_a_container_on_none_leaves_it_first() -> None:
    """dockerd 20.10.24: "container cannot be connected to multiple networks with one of the networks in private (none)
    mode"."""
    whole, one, second = alone("none", Endpoint("none", "n3"))
    change = connecting_change(whole.this, one, second)
    assert change is not None
    assert change.calls == (
        ConnectContainer("docker", "disconnect", "none", "web"), ConnectContainer("docker", "connect", "zoo", "web"),
    )  # fmt: skip
    assert walk_flow(simulate(change, whole), Flow(WEB_ITSELF, 4, GATEWAY_2, "icmp", 1)).verdict == "delivered"


def test_podman_connects_no_container_of_mode_none() -> None:
    whole, one, second = alone("none")
    podmans = msgspec.structs.replace(whole.this.engines[0], kind="podman")
    host = msgspec.structs.replace(whole.this, engines=(podmans,))
    assert connecting_change(host, one, second) is None


@pytest.mark.parametrize(
    ("mode", "call"),
    (
        ("zoo", ConnectContainer("docker", "connect", "zoo", "web")),
        ("default", ConnectContainer("docker", "connect", "bridge", "web")),
        ("gone", ConnectContainer("docker", "connect", "bridge", "web")),
    ),
)
def test_a_disconnected_container_is_connected_to_the_network_that_it_was_made_for(
    mode: str, call: ConnectContainer
) -> None:
    whole, _, _ = alone(mode)
    (cause,) = diagnose(whole, Flow(WEB_ITSELF, 4, GATEWAY_2, "icmp", 1)).causes
    assert cause.cause == "container-network-none"
    assert cause.candidate.change.calls == (call,)


def test_a_container_without_a_network_joins_that_of_the_one_that_it_asks() -> None:
    whole, one, _ = alone("none", Endpoint("none", "n3"))
    address = parse_address("172.18.0.2")[1]
    other = msgspec.structs.replace(
        container(),
        id="d" * 64,
        name="db",
        bindings=(),
        netns="container:db",
        endpoints=(Endpoint("zoo", "n2", address, 16),),
    )
    docker = msgspec.structs.replace(whole.this.engines[0], containers=(one, other))
    host = msgspec.structs.replace(whole.this, engines=(docker,))
    flow = Flow(WEB_ITSELF, 4, address, "tcp", 80)
    found = suspects(whole.with_host(host), flow, walk_flow(whole.with_host(host), flow))
    first = next(each for each in found if each.cause == "container-network-none")
    assert first.candidate.change.calls[-1] == ConnectContainer("docker", "connect", "zoo", "web")


# the container's default route, the second network, and whether the route keeps the engine from the connection
OWN_ROUTES = {
    "the engine's": ("172.17.0.1", "apple", False),
    "somebody's": ("172.17.0.9", "apple", True),
    "somebody's, but the gateway stays": ("172.17.0.9", "zoo", False),
}


@pytest.mark.parametrize(("gateway", "name", "is_refused"), OWN_ROUTES.values(), ids=OWN_ROUTES)
def test_a_default_route_of_ones_own_is_not_replaced(gateway: str, name: str, is_refused: bool) -> None:
    whole, second = with_second(name)
    inner = container_namespace(default=False)
    inner = msgspec.structs.replace(inner, routes=(*inner.routes, route("default", "eth0", via=gateway)))
    host = whole.with_namespace(HOST_NETNS.sibling("container:web"), inner).this
    assert (own_default_route(host, container(), second) is not None) is is_refused
    assert (connecting_change(host, container(), second) is None) is is_refused
    assert "web" in str(refused_connection(container(), name))
