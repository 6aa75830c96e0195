"""The flow to a name that the asking container's own file has."""

import msgspec
import pytest

from hairpin.errors import UsageError
from hairpin.host.docker import PinnedName
from hairpin.host.link import Address
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.question.pinned_flows import to_pinned
from tests.names_host import named, pinning
from tests.rows import each_row

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
