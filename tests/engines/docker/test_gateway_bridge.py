"""A container's link on swarm's bridge is found by its address, and its ports are published there."""

import msgspec
import pytest

from hairpin.change.change import AddSocket
from hairpin.engines.docker.gateway_bridge import bridge_of_overlays, with_gateway_endpoints, with_taken
from hairpin.engines.missing import missing_on
from hairpin.engines.repair.republishing import relays
from hairpin.host.docker import SWARM_BRIDGE, Container, DockerNetwork, Endpoint, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address
from hairpin.netfilter.ir import Ruleset
from hairpin.network.attachment import next_address
from tests.engines.hosts import DOCKER0, HTTP, container, docker, endpoint, keep_all, network, number, programmed
from tests.rows import each_row

GATEWAY = network(SWARM_BRIDGE, "172.18.0.0/16", device=SWARM_BRIDGE, options=(("enable_icc", "false"),))
OVERLAY = DockerNetwork("shop", "shop", "overlay", scope="swarm")
WEB = msgspec.structs.replace(container("web", endpoint("shop", "10.0.9.11"), publish=(HTTP,)), netns="container:web")


def host(web: Container = WEB, *addresses: str, networks: tuple[DockerNetwork, ...] = (DOCKER0, GATEWAY)) -> Host:
    inner = Namespace(
        "container:web",
        addresses=tuple(Address(f"eth{index}", 4, number(each) or 0, 16) for index, each in enumerate(addresses)),
    )
    engine = docker("20.10.24", *networks, OVERLAY, containers=(web,))
    return Host("test", namespaces=(Namespace("host"), inner), engines=(engine,))


def completed(node: Host) -> Engine:
    return with_gateway_endpoints(node, node.engines[0])


# the host, the addresses of the container on swarm's bridge
CASES: dict[str, tuple[Host, list[int | None]]] = {
    "an overlay and the bridge": (host(WEB, "10.0.9.11", "172.18.0.3"), [number("172.18.0.3")]),
    "an overlay alone": (host(WEB, "10.0.9.11"), []),
    "not running": (
        host(msgspec.structs.replace(WEB, status="exited", netns=None), "10.0.9.11", "172.18.0.3"), []
    ),
    "of the host's network": (host(msgspec.structs.replace(WEB, netns="host"), "172.18.0.3"), []),
    "not of a swarm": (host(WEB, "10.0.9.11", "172.18.0.3", networks=(DOCKER0,)), []),
    "its link is gone, and the network tells of it": (
        host(WEB, "10.0.9.11", networks=(DOCKER0, msgspec.structs.replace(
            GATEWAY, gateways=((WEB.id, endpoint(SWARM_BRIDGE, "172.18.0.3")),),
        ))),
        [number("172.18.0.3")],
    ),
    "told by the engine": (
        host(msgspec.structs.replace(WEB, endpoints=(endpoint(SWARM_BRIDGE, "172.18.0.3"),)), "172.18.0.3"),
        [number("172.18.0.3")],
    ),
}  # fmt: skip


@each_row(("node", "expected"), CASES.values(), ids=CASES)
def test_an_endpoint_on_swarms_bridge_is_seen_in_the_containers_namespace(
    node: Host, expected: list[int | None]
) -> None:
    found = [each.ipv4 for each in completed(node).containers[0].endpoints if each.network == SWARM_BRIDGE]
    assert found == expected


@pytest.mark.parametrize("lost", ("accept", "dnat", ""))
def test_a_lost_rule_of_a_port_that_is_published_there_is_missing(lost: str) -> None:
    node = host(WEB, "10.0.9.11", "172.18.0.3")
    of_web = programmed(completed(node), lambda one: not (one.purpose == lost and one.container == "web"))
    (_, missing), *_ = missing_on(msgspec.structs.replace(node, namespaces=(of_web, node.namespaces[1])))
    assert [each.purpose for each in missing.rules] == ([lost] if lost else [])


def test_a_container_that_is_on_no_bridge_has_no_rules() -> None:
    node = host(WEB, "10.0.9.11")
    whole = msgspec.structs.replace(programmed(completed(node), keep_all), name="host")
    (_, missing), *_ = missing_on(msgspec.structs.replace(node, namespaces=(whole, node.namespaces[1])))
    assert not missing
    assert all(each.container is None for each in missing.wanted.rules)
    assert whole.ruleset != Ruleset()


LEFT = Endpoint("shop", "m0hbxop3cgmmtygvbuwt3grag")
LOCAL = Endpoint("n1", "a" * 64)


@each_row(
    ("ends", "networks", "found"),
    (
        ((LEFT,), (GATEWAY, OVERLAY), True),
        ((LEFT,), (GATEWAY,), True),
        ((LEFT, LOCAL), (GATEWAY, OVERLAY), False),
        ((LOCAL,), (GATEWAY,), False),
        ((), (GATEWAY, OVERLAY), False),
        ((LEFT,), (OVERLAY,), False),
    ),
    ids=("an overlay", "one that the node does not list now", "a bridge, too", "a local one", "none", "no swarm"),
)
def test_a_container_on_overlays_alone_publishes_by_swarms_bridge(
    ends: tuple[Endpoint, ...], networks: tuple[DockerNetwork, ...], found: bool
) -> None:
    ended = msgspec.structs.replace(WEB, status="exited", endpoints=ends)
    engine = docker("20.10.24", *networks, containers=(ended,))
    assert bridge_of_overlays(engine, ended) == (GATEWAY if found else None)


def test_an_address_of_swarms_bridge_is_given_once() -> None:
    bridge = msgspec.structs.replace(GATEWAY, gateways=(("ingress-sbox", endpoint(SWARM_BRIDGE, "172.18.0.2")),))
    engine = docker("20.10.24", bridge, containers=(WEB,))
    assert next_address(with_taken(engine, bridge), bridge.subnets[0]) == number("172.18.0.3")


@pytest.mark.parametrize("networks", ((DOCKER0, GATEWAY), (DOCKER0, GATEWAY, OVERLAY)), ids=("unlisted", "listed"))
def test_docker_proxy_relays_to_the_link_on_the_gateways_bridge(networks: tuple[DockerNetwork, ...]) -> None:
    """Of a dockerd that is down, the files list no overlay network."""
    at_overlay = msgspec.structs.replace(endpoint("shop", "10.0.9.11"), network_id="y" * 25)
    web = msgspec.structs.replace(WEB, endpoints=(at_overlay,))
    engine = docker("20.10.24", *networks, containers=(web,))
    inner = Namespace("container:web", addresses=(Address("eth1", 4, number("172.18.0.3") or 0, 16),))
    node = Host("test", namespaces=(Namespace("host"), inner), engines=(engine,))
    (part,) = relays(node, web, web.bindings[0])
    assert isinstance(part, AddSocket)
    assert part.socket.relay is not None
    assert part.socket.relay.address == number("172.18.0.3")
    assert not list(relays(msgspec.structs.replace(node, namespaces=(Namespace("host"),)), web, web.bindings[0]))
