"""A network's bridge as the engine makes it."""

import pytest
from msgspec.structs import replace

from hairpin.change.change import AddEntry, SetLink, SetSysctl
from hairpin.engines.repair.bridging import engine_addresses, lacks_bridge, lost_addresses, new_bridge, port_of
from hairpin.host.docker import Subnet
from hairpin.host.link import Address
from hairpin.host.route import Neighbour
from hairpin.network.attachment import has_lost_bridge
from hairpin.network.prefix import parse_address
from tests.causes.hosts import on_overlay, without_addresses
from tests.small_host import GATEWAY, HOST_NETNS, WEB, container, container_namespace, engine, host_namespace, network

SIX = Subnet(6, parse_address("2001:db8:d0c::")[1], 64, parse_address("2001:db8:d0c::1")[1])
BARE = network(
    replace(host_namespace(), links=tuple(each for each in host_namespace().links if each.name != "docker0"))
)


def test_a_bridge_that_is_there_is_not_made() -> None:
    whole, (bridge,) = network(), engine().networks
    assert not lacks_bridge(whole.this, bridge)
    assert list(new_bridge(whole.this, engine(), bridge)) == []


def test_nothing_is_lost_where_the_links_were_not_read() -> None:
    unread = network(replace(host_namespace(), links=()))
    (bridge,) = engine().networks
    assert lacks_bridge(unread.this, bridge)
    assert not has_lost_bridge(unread.this, bridge)
    assert list(new_bridge(unread.this, engine(), bridge)) == []


@pytest.mark.parametrize("proxy", (True, False))
def test_the_bridge_has_its_gateways_addresses_and_without_a_proxy_its_sysctl(proxy: bool) -> None:
    docker = engine(userland_proxy=proxy)
    bridge = replace(docker.networks[0], ipv6=True, subnets=(*docker.networks[0].subnets, SIX))
    assert lacks_bridge(BARE.this, bridge)
    link, four, six, *values = new_bridge(BARE.this, docker, bridge)
    assert isinstance(link, SetLink)
    assert (link.link.name, link.link.kind, link.link.up) == ("docker0", "bridge", True)
    assert isinstance(four, AddEntry)
    assert isinstance(six, AddEntry)
    assert isinstance(four.entry, Address)
    assert isinstance(six.entry, Address)
    assert (four.entry.value, six.entry.value) == (parse_address("172.17.0.1")[1], SIX.gateway)
    assert [each.path[-1] for each in values if isinstance(each, SetSysctl)] == ([] if proxy else ["route_localnet"])
    assert port_of(docker).hairpin is not proxy


def test_only_the_families_that_the_network_has_are_given() -> None:
    docker = engine()
    bridge = replace(docker.networks[0], subnets=(*docker.networks[0].subnets, SIX))
    made = [each.entry.version for each in new_bridge(BARE.this, docker, bridge)
            if isinstance(each, AddEntry) and isinstance(each.entry, Address)]  # fmt: skip
    assert made == [4]


def test_a_bridge_has_lost_the_address_that_the_engine_tells_of() -> None:
    (bridge,) = engine().networks
    lost = network(without_addresses(host_namespace(), "docker0")).this
    assert list(lost_addresses(network().this, bridge)) == []
    assert [(each.link, each.value) for each in lost_addresses(lost, bridge)] == [
        ("docker0", parse_address("172.17.0.1")[1])
    ]
    untold = replace(bridge, subnets=(replace(bridge.subnets[0], gateway=None),))
    assert list(lost_addresses(lost, untold)) == [], "the engine may have chosen another than the first"
    assert list(lost_addresses(BARE.this, bridge)) == [], "there is no bridge that could have one"


@pytest.mark.parametrize("learned", (None, 0x0242AC110001))
def test_the_bridge_gets_the_hardware_address_that_its_containers_know(learned: int | None) -> None:
    """A running container sends to that address for seconds before it asks again."""
    gateway = parse_address("172.17.0.1")[1]
    known = (Neighbour("eth0", 4, gateway, learned, "STALE" if learned else "FAILED"),)
    inner = replace(container_namespace(), neighbours=known)
    built = network(BARE.namespace(HOST_NETNS), inner=inner)
    (link, *_) = new_bridge(built.this, engine(container()), engine().networks[0])
    assert isinstance(link, SetLink)
    assert link.link.mac == learned


def test_bridges_have_their_gateways_and_containers_their_endpoints() -> None:
    host = network().this
    assert [(each.value, each.prefix_length) for each in engine_addresses(host, "host")] == [(GATEWAY, 16)]
    assert [(each.value, each.prefix_length) for each in engine_addresses(host, "container:web")] == [(WEB, 16)]
    assert list(engine_addresses(host, "container:other")) == []


def test_a_container_on_an_overlay_has_an_address_on_swarms_bridge() -> None:
    given = engine_addresses(network(docker=on_overlay()).this, "container:web")
    assert [each.value for each in given] == [WEB + 256, WEB]
