"""The addresses that engines gave."""

from hairpin.engines.repair.given import engine_addresses
from tests.causes.hosts import on_overlay
from tests.small_host import GATEWAY, WEB, network


def test_bridges_have_their_gateways_and_containers_their_endpoints() -> None:
    host = network().this
    assert [(each.value, each.prefix_length) for each in engine_addresses(host, "host")] == [(GATEWAY, 16)]
    assert [(each.value, each.prefix_length) for each in engine_addresses(host, "container:web")] == [(WEB, 16)]
    assert list(engine_addresses(host, "container:other")) == []


def test_a_container_on_an_overlay_has_an_address_on_swarms_bridge() -> None:
    given = engine_addresses(network(docker=on_overlay()).this, "container:web")
    assert [each.value for each in given] == [WEB + 256, WEB]
