"""Which subnet a new network gets: by the version, of the engine's own pools or of those that it was given."""

from typing import Literal

import msgspec
import pytest

from hairpin.engines.docker.address_pools import Block, covered_servers, is_of_pool, next_block, spare_block
from hairpin.host.docker import DockerNetwork, Engine, Subnet
from hairpin.host.host import Namespace
from hairpin.host.route import NextHop, Route
from hairpin.network.prefix import parse_prefix


def block(text: str) -> Block:
    _, network, length = parse_prefix(text)
    return network, length


def engine(*subnets: str, version: str = "28.5.2") -> Engine:
    networks = (DockerNetwork(each, each, "bridge", subnets=(Subnet(4, *block(each)),)) for each in subnets)
    return Engine("docker", version, networks=tuple(networks))


def host(*routes: str) -> Namespace:
    return Namespace("host", routes=tuple(Route(4, *block(each), next_hops=(NextHop("eth0"),)) for each in routes))


@pytest.mark.parametrize(
    ("version", "last", "expected"),
    (
        ("28.5.2", "172.19.0.0/16", "172.18.0.0/16"),
        ("20.10.24", "172.19.0.0/16", "172.20.0.0/16"),
        ("20.10.24", "192.168.240.0/20", "172.18.0.0/16"),
        ("20.10.24", "10.0.0.0/24", "172.18.0.0/16"),
    ),
)
def test_the_lowest_or_the_one_behind_the_last(version: str, last: str, expected: str) -> None:
    assert next_block(engine("172.17.0.0/16", version=version), host(), block(last)) == block(expected)


def test_what_a_route_leads_to_is_in_use() -> None:
    used = host("172.16.0.0/14", "0.0.0.0/0")
    assert next_block(engine(), used, None) == block("172.20.0.0/16")


def test_pools_that_somebody_has_given() -> None:
    given = msgspec.structs.replace(engine("10.10.0.0/24"), address_pools=((*block("10.10.0.0/16"), 24),))
    assert next_block(given, host(), None) == block("10.10.1.0/24")
    assert is_of_pool(given, Subnet(4, *block("10.10.7.0/24")))
    assert not is_of_pool(given, Subnet(4, *block("172.18.0.0/16")))


def test_pools_that_are_exhausted() -> None:
    assert next_block(engine(), host("172.0.0.0/8", "192.168.0.0/16"), None) is None


def test_a_pool_that_contains_a_name_server() -> None:
    server: tuple[Literal[4, 6], int] = (4, block("192.0.2.53/32")[0])
    pooled = msgspec.structs.replace(engine(), address_pools=((*block("192.0.2.0/24"), 24),))
    assert covered_servers(pooled, (server,)) == (server[1],)
    assert covered_servers(engine(), (server,)) == ()
    assert spare_block(host(), (server,)) == block("10.200.0.0/16")
    assert spare_block(host("10.200.7.0/24"), ((4, block("10.201.0.53/32")[0]),)) == block("10.202.0.0/16")
