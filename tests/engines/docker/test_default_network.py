"""A container on the default network that its daemon does not make."""

import msgspec

from hairpin.change.change import AddEntry, AddNamespace, InsertRule, SetLink
from hairpin.engines.docker.default_network import on_default_network
from hairpin.host.docker import PortBinding
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.network.prefix import address_text
from tests.causes.hosts import PUBLISHED, with_host, without_default_network
from tests.small_host import container_namespace, route

ASKED = msgspec.structs.replace(PUBLISHED, actual=False)


def parts_of(host: Host, binding: PortBinding = ASKED) -> tuple[object, ...]:
    change = on_default_network(host, host.containers()[0], binding)
    assert change is not None
    return change.parts


def test_the_bridge_its_rules_and_the_published_port_are_made() -> None:
    parts = parts_of(without_default_network().this)
    assert [each.link.name for each in parts if isinstance(each, SetLink)] == ["docker0"]
    rules = [(each.table, each.chain) for each in parts if isinstance(each, InsertRule)]
    assert {("nat", "POSTROUTING"), ("nat", "DOCKER"), ("filter", "FORWARD"), ("filter", "DOCKER")} <= {*rules}


def test_the_container_keeps_its_listeners() -> None:
    (added,) = [each for each in parts_of(without_default_network().this) if isinstance(each, AddNamespace)]
    assert added.namespace.sockets == container_namespace().sockets
    assert [each.actual for each in added.container.bindings] == [True]


def test_the_first_subnet_that_no_route_has_is_taken() -> None:
    whole = without_default_network()
    (host, *others) = whole.this.namespaces
    routed = msgspec.structs.replace(host, routes=(*host.routes, route("172.17.5.0/24", "eth0")))
    gateways = [
        address_text(each.entry.value, 4)
        for each in parts_of(with_host(whole, namespaces=(routed, *others)).this)
        if isinstance(each, AddEntry) and isinstance(each.entry, Address)
    ]
    assert gateways == ["172.18.0.1"]
    everywhere = msgspec.structs.replace(host, routes=(*host.routes, route("172.16.0.0/12", "eth0")))
    full = with_host(whole, namespaces=(everywhere, *others)).this
    assert on_default_network(full, full.containers()[0], ASKED) is None
