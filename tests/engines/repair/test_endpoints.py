"""What an endpoint gives a container: free addresses in both families, routes, IPv6 where the network has it."""

import msgspec
import pytest

from hairpin.engines.repair.endpoints import addresses, new_endpoint, routes, sysctls
from hairpin.host.docker import DockerNetwork, Endpoint, Subnet
from tests.small_host import WEB, engine, number

SIX = Subnet(6, number("2001:db8::"), 64)
(BRIDGE,) = engine().networks
FOUR = BRIDGE.subnets[0]
DUAL = msgspec.structs.replace(BRIDGE, ipv6=True, subnets=(FOUR, SIX))


@pytest.mark.parametrize(("joined", "versions"), ((BRIDGE, [4]), (DUAL, [4, 6])))
def test_each_family_of_the_network_has_its_address_and_routes(joined: DockerNetwork, versions: list[int]) -> None:
    made = new_endpoint(engine(), joined, FOUR)
    assert [each.version for each in addresses(made, "eth1")] == versions
    out, beside = (list(routes(made, "eth1", way_out=way_out)) for way_out in (True, False))
    assert [each.version for each in out if each.prefix_length == 0] == versions
    assert [each for each in out if each.prefix_length] == beside
    assert bool(sysctls(made, "eth1")) == (6 in versions)


def test_a_container_keeps_the_addresses_that_it_was_made_with() -> None:
    own = Endpoint("bridge", ipv4=WEB + 9, ipv6=SIX.network + 9)
    made = new_endpoint(engine(), DUAL, FOUR, own)
    assert (made.ipv4, made.ipv6) == (WEB + 9, SIX.network + 9)
    stopped = Endpoint("bridge", fixed4=WEB + 7, fixed6=SIX.network + 7)
    chosen = new_endpoint(engine(), DUAL, FOUR, stopped)
    assert (chosen.ipv4, chosen.ipv6) == (WEB + 7, SIX.network + 7)
