"""The addresses that the name ``localhost`` has where it is asked."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from tests.rows import each_row
from tests.small_host import container_namespace, host_namespace, network

SECOND = Address("lo", 6, 1, 128, "host")
IN_WEB, HOST = Origin("container", container="web"), Origin("host")
BOTH, FIRST = ["127.0.0.1", "::1"], ["127.0.0.1"]


def with_second(namespace: Namespace) -> Namespace:
    return msgspec.structs.replace(namespace, addresses=(*namespace.addresses, SECOND))


def with_names(text: str) -> Network:
    found = network(with_second(host_namespace()))
    (host,) = found.hosts
    return msgspec.structs.replace(
        found, hosts=(msgspec.structs.replace(host, files=(ConfigFile("/etc/hosts", text),)),)
    )


CASES: dict[str, tuple[Network, str, Origin | None, list[str]]] = {
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


@each_row(("net", "text", "origin", "addresses"), CASES.values(), ids=CASES)
def test_localhost_has_the_addresses_of_the_asker(
    net: Network, text: str, origin: Origin | None, addresses: list[str]
) -> None:
    flows = flows_for(net, (parse_target(text),), origin)
    assert [address_text(each.daddr, each.version) for each in flows] == addresses
