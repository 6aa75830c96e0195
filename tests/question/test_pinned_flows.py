"""The flow to a name that the asking container's own file has."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.errors import UsageError
from hairpin.host.docker import PinnedName
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.question.pinned_flows import to_pinned
from hairpin.question.target import parse_target
from tests.names_host import named, pinning
from tests.rows import each_row
from tests.small_host import container_namespace, host_namespace, network

WEB, OUTSIDE = Origin("container", container="web"), Origin("address", version=4, address=1)

# host, name, origin, the address of the only flow; None: the file decides nothing
CASES: dict[str, tuple[Network, str, Origin | None, str | None]] = {
    "an old address": (pinning(), "api", WEB, "172.18.0.9"),
    "the container's own address": (pinning("172.18.0.3"), "api", WEB, None),
    "a name of nobody here": (pinning("203.0.113.9", "db.corp.example"), "db.corp.example", WEB, "203.0.113.9"),
    "the host": (pinning("host-gateway", "host.docker.internal"), "host.docker.internal", WEB, "172.17.0.1"),
    "asked from elsewhere": (pinning(), "api", OUTSIDE, None),
    "asked from nowhere": (pinning(), "api", None, None),
    "no entry": (named("shop", other=("shop",)), "api", WEB, None),
}


@each_row(("network", "name", "origin", "address"), CASES.values(), ids=CASES)
def test_the_file_decides(network: Network, name: str, origin: Origin | None, address: str | None) -> None:
    found = to_pinned(network, Target(80, container=name), origin)
    assert [address_text(each.daddr, 4) for each in found] == ([] if address is None else [address])
    if address is not None:
        assert [each.daddr for each in flows_for(network, (Target(80, container=name),), origin)] == [found[0].daddr]


def test_the_hosts_name_is_unknown_without_an_entry() -> None:
    with pytest.raises(UsageError, match="host-gateway"):
        to_pinned(named("shop"), Target(80, container="host.docker.internal"), WEB)


def test_a_name_with_both_families_is_asked_at_both() -> None:
    """The second address is asked only if the container has an address of its family."""
    net = pinning()
    (host,) = net.hosts
    (docker,) = host.engines
    web, *others = docker.containers
    web = msgspec.structs.replace(web, pinned=(*web.pinned, PinnedName("api", 6, 0xFD << 120 | 9)))
    host = msgspec.structs.replace(host, engines=(msgspec.structs.replace(docker, containers=(web, *others)),))
    for scope, families in (("link", [4]), ("global", [4, 6])):
        inner = host.namespace("container:web")
        own = Address("eth0", 6, 0xFD << 120 | 2, 64, scope)
        inner = msgspec.structs.replace(inner, addresses=(*inner.addresses, own))
        spaces = tuple(inner if each.name == inner.name else each for each in host.namespaces)
        whole = msgspec.structs.replace(net, hosts=(msgspec.structs.replace(host, namespaces=spaces),))
        assert [each.version for each in to_pinned(whole, Target(80, container="api"), WEB)] == families


SECOND = Address("lo", 6, 1, 128, "host")
IN_WEB, HOST = Origin("container", container="web"), Origin("host")
BOTH, FIRST = ["127.0.0.1", "::1"], ["127.0.0.1"]


def with_second(namespace: Namespace) -> Namespace:
    return replace(namespace, addresses=(*namespace.addresses, SECOND))


def with_names(text: str) -> Network:
    found = network(with_second(host_namespace()))
    (host,) = found.hosts
    return replace(found, hosts=(replace(host, files=(ConfigFile("/etc/hosts", text),)),))


LOCALHOST_CASES: dict[str, tuple[Network, str, Origin | None, list[str]]] = {
    "both": (network(with_second(host_namespace())), "localhost:8151", None, BOTH),
    "both, from the host": (network(with_second(host_namespace())), "localhost:8151", HOST, BOTH),
    "as a URL": (network(with_second(host_namespace())), "http://localhost:8151/", None, BOTH),
    "no IPv6": (network(), "localhost:8151", None, FIRST),
    "the address is named": (network(with_second(host_namespace())), "127.0.0.1:8151", None, FIRST),
    "the file names both": (
        with_names("127.0.0.1 localhost\n::1 localhost ip6-localhost\n"),
        "localhost:1",
        None,
        BOTH,
    ),
    "the file names one": (with_names("127.0.0.1 localhost\n::1 ip6-localhost\n"), "localhost:1", None, FIRST),
    "the file names none": (with_names("192.0.2.7 db\n"), "localhost:1", None, BOTH),
    "in a container without it": (network(with_second(host_namespace())), "localhost:80", IN_WEB, FIRST),
    "in a container with it": (network(inner=with_second(container_namespace())), "localhost:80", IN_WEB, BOTH),
}


@each_row(("net", "text", "origin", "addresses"), LOCALHOST_CASES.values(), ids=LOCALHOST_CASES)
def test_localhost_has_the_addresses_of_the_asker(
    net: Network, text: str, origin: Origin | None, addresses: list[str]
) -> None:
    flows = flows_for(net, (parse_target(text),), origin)
    assert [address_text(each.daddr, each.version) for each in flows] == addresses
