"""A packet for a container network that has left the host."""

from typing import Literal

import msgspec
import pytest

from hairpin.network.flow import FromHost, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import asked, with_host, without_addresses, without_route
from tests.small_host import container, engine, host_namespace, network

SUBNET = parse_address("172.17.0.0")[1]
UNROUTED = network(without_route(host_namespace(), SUBNET))


@pytest.mark.parametrize(("built", "start", "reason"), (
    (network(),                                                          FromHost(), "no-neighbour"),
    (UNROUTED,                                                           FromHost(), "left-instead"),
    (network(without_addresses(host_namespace(), "docker0")),            FromHost(), "no-neighbour"),
))  # fmt: skip
def test_an_address_that_no_container_has(built: Network, start: Start, reason: str) -> None:
    stop = walk_flow(built, asked(start, "172.17.0.9", 80)).usual.stop
    assert (stop.reason if stop is not None else None) == reason


def test_a_network_whose_bridge_has_no_address_on_purpose_is_elsewhere() -> None:
    option = (("com.docker.network.bridge.inhibit_ipv4", "true"),)
    networks = tuple(msgspec.structs.replace(each, options=option) for each in engine().networks)
    docker = msgspec.structs.replace(engine(container()), networks=networks)
    built = with_host(UNROUTED, engines=(docker,))
    assert walk_flow(built, asked(FromHost(), "172.17.0.9", 80)).verdict == "leaves"


@pytest.mark.parametrize(("kind", "verdict"), (("docker", "dropped"), ("podman", "leaves")))
def test_only_podman_removes_the_bridge_of_a_network_without_containers(
    kind: Literal["docker", "podman"], verdict: str
) -> None:
    bare = without_addresses(host_namespace(), "docker0")
    bare = msgspec.structs.replace(
        bare,
        links=tuple(each for each in bare.links if each.name not in ("docker0", "veth1")),
        routes=tuple(each for each in bare.routes if all(hop.link != "docker0" for hop in each.next_hops)),
    )
    built = with_host(network(bare), engines=(msgspec.structs.replace(engine(), kind=kind),))
    assert walk_flow(built, asked(FromHost(), "172.17.0.9", 80)).verdict == verdict
