"""A further binding of a container adds the engine's rules, and a docker-proxy if the engine uses one."""

import msgspec
import pytest

from hairpin.change.change import AddSocket, InsertRule, Primitive, SetSysctl
from hairpin.engines.repair.republishing import published_everywhere, published_too, relay_at, relays, rules_with
from hairpin.host.docker import PortBinding
from tests.engines.test_netavark import NATIVE, OLD, later, on
from tests.podman_host import podmans, with_podman
from tests.rule_text import without
from tests.small_host import HOST_ADDRESS, WEB, container, engine, host_namespace, network

PUBLISHED = PortBinding("tcp", 80, 8151, None, 4)
ON_LOOPBACK = PortBinding("tcp", 80, 8151, 0x7F000001, 4)


def rules(parts: tuple[Primitive, ...]) -> list[tuple[str, str]]:
    return [(each.table, each.chain) for each in parts if isinstance(each, InsertRule)]


def sockets(parts: tuple[Primitive, ...]) -> list[tuple[int | None, int]]:
    return [(each.socket.address, each.socket.port) for each in parts if isinstance(each, AddSocket)]


def test_a_container_whose_rules_are_there_adds_none() -> None:
    assert list(rules_with(network().this, container(), container())) == []


def test_a_port_published_everywhere_is_translated_and_relayed_for_every_address() -> None:
    bound = container(binding=ON_LOOPBACK)
    net = network(host_namespace(without("172.17.0.2")), docker=engine(bound))
    parts = published_everywhere(net.this, bound, ON_LOOPBACK).parts
    assert ("nat", "DOCKER") in rules(parts)
    assert sockets(parts) == [(None, 8151)]


NETAVARKS = """*nat
:PREROUTING ACCEPT [0:0]
:NETAVARK-DN-1D8721804F16F - [0:0]
-A NETAVARK-DN-1D8721804F16F -d 127.0.0.1/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 10.88.0.2:80
COMMIT
"""


def test_a_rule_without_its_address_has_words_without_it() -> None:
    """The replica loads a rule by its words."""
    bound = container(binding=ON_LOOPBACK)
    podman = msgspec.structs.replace(
        engine(bound), kind="podman", networks=(), network_backend="netavark", network_version="1.14.0"
    )
    net = network(host_namespace(NETAVARKS), docker=podman)
    parts = published_everywhere(net.this, bound, ON_LOOPBACK).parts
    assert [each.rule.text for each in parts if isinstance(each, InsertRule)] == [
        "-A NETAVARK-DN-1D8721804F16F -p tcp --dport 8151 -j DNAT --to-destination 10.88.0.2:80"
    ]


def test_one_more_binding_leaves_the_others_as_they_are() -> None:
    parts = published_too(network().this, container(), PortBinding("tcp", 81, 8152, None, 4))
    assert ("nat", "DOCKER") in rules(parts)
    assert all("8152" in each.rule.text for each in parts if isinstance(each, InsertRule) and each.table == "nat"
               and each.chain == "DOCKER")  # fmt: skip
    assert sockets(parts) == [(None, 8152)]


@pytest.mark.parametrize("text", (OLD, NATIVE), ids=("iptables", "nftables"))
def test_a_later_netavark_leads_one_more_port_to_the_port_that_it_leads_already(text: str) -> None:
    web = podmans()
    whole = with_podman(values={"conf__docker0__route_localnet": "0"})
    host = msgspec.structs.replace(whole.this.namespace("host"), ruleset=on(text).ruleset)
    others = tuple(each for each in whole.this.namespaces if each.name != "host")
    this = msgspec.structs.replace(whole.this, namespaces=(host, *others), engines=(later(),))
    parts = published_too(this, web, PortBinding("tcp", 80, 80, None, 4))
    texts = [each.rule.text for each in parts if isinstance(each, InsertRule)]
    assert any("--dport 80 -j DNAT --to-destination 172.17.0.2:80" in each for each in texts)
    assert list(rules_with(this, web, web)) == []


@pytest.mark.parametrize(("value", "count"), (("0", 1), ("1", 0)))
def test_podman_routes_loopback_addresses_to_the_bridge_of_its_first_published_port(value: str, count: int) -> None:
    whole = with_podman(values={"conf__docker0__route_localnet": value})
    parts = published_too(whole.this, podmans(), PortBinding("tcp", 81, 8152, None, 4))
    assert sum(isinstance(each, SetSysctl) for each in parts) == count
    of_docker = published_too(network().this, container(), PortBinding("tcp", 81, 8152, None, 4))
    assert not any(isinstance(each, SetSysctl) for each in of_docker)


def test_without_the_userland_proxy_nothing_is_relayed() -> None:
    off = network(docker=engine(container(), userland_proxy=False))
    assert list(relays(off.this, container(), PUBLISHED)) == []
    assert list(relays(network().this, msgspec.structs.replace(container(), endpoints=()), PUBLISHED)) == []


def test_docker_proxy_on_one_address_relays_to_the_container() -> None:
    found = relay_at(network().this, container(), PUBLISHED, 4, HOST_ADDRESS)
    assert found is not None
    assert found.socket.address == HOST_ADDRESS
    assert found.socket.relay is not None
    assert found.socket.relay.address == WEB
    assert "-p 198.51.100.11:8151:80/tcp" in str(found.advice)
