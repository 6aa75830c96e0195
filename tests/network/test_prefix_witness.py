"""The length of a host's prefix is told by its files and by the other hosts on the wire, if they tell the same."""

import msgspec

from hairpin.change.change import AddEntry
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from hairpin.host.route import NextHop, Route
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.prefix_witness import differing_prefixes, routers_of_far_hosts
from tests.rows import each_row
from tests.small_host import CLIENT
from tests.two_hosts import ADDRESSES, ONE, TWO, network, node, seen


def of_length(host: Host, prefix_length: int) -> Host:
    """Return the host whose address on eth0 has that prefix length."""
    (own,) = host.namespaces
    addresses = tuple(
        msgspec.structs.replace(each, prefix_length=prefix_length) if each.link == "eth0" else each
        for each in own.addresses
    )
    return msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(own, addresses=addresses),))


def stranded(host: Host) -> Host:
    """Return the host without the routes that went with its address on eth0."""
    (own,) = host.namespaces
    routes = tuple(
        each for each in own.routes if each.type == "local" or all(hop.link != "eth0" for hop in each.next_hops)
    )
    return msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(own, routes=routes),))


def configured(host: Host, text: str) -> Host:
    file = ConfigFile("/etc/network/interfaces", f"iface eth0 inet static\n  address {text}\n")
    return msgspec.structs.replace(host, files=(file,))


ONE_HOST, OTHER = node("one"), node("two")
ROUTER = parse_address("198.51.100.1")[1]
LONG = of_length(ONE_HOST, 32)

# network, the length that the first host's address should have
CASES: dict[str, tuple[Network, int | None]] = {
    "alike": (network(), None),
    "too long, as the other host tells": (network(LONG, OTHER), 24),
    "too short": (network(of_length(ONE_HOST, 16), OTHER), 24),
    "nobody tells": (network(LONG), None),
    "both hosts alike": (network(LONG, of_length(node("two", neighbours=(seen("two"),)), 32)), None),
    "the other host is elsewhere": (network(LONG, node("two", address=parse_address("203.0.113.12")[1])), None),
    "a file tells": (network(configured(LONG, "198.51.100.11/24")), 24),
    "a file tells the length that it has": (network(configured(LONG, "198.51.100.11/32")), None),
    "a file tells another address": (network(configured(LONG, "198.51.100.13/24")), None),
    "file and host differ": (network(configured(LONG, "198.51.100.11/32"), OTHER), None),
    "the one tells a third length": (network(configured(LONG, "198.51.100.11/25"), OTHER), None),
}


@each_row(("net", "expected"), CASES.values(), ids=CASES)
def test_the_length_that_all_witnesses_tell(net: Network, expected: int | None) -> None:
    found = list(differing_prefixes(net, ONE, 4))
    right = Address("eth0", 4, ADDRESSES["one"], expected or 0)
    assert [each.right for each in found] == ([right] if expected is not None else [])


def test_the_router_of_the_other_host() -> None:
    assert dict(routers_of_far_hosts(network(LONG, OTHER), ONE, Address("eth0", 4, ADDRESSES["one"], 24))).keys() == {
        ROUTER
    }
    alone = network(LONG, node("two", address=parse_address("203.0.113.12")[1]))
    assert not dict(routers_of_far_hosts(alone, TWO, Address("eth0", 4, ADDRESSES["two"], 24)))


def test_the_flow_of_a_host_whose_prefix_is_too_long_is_repaired_as_the_other_host_tells() -> None:
    flow = Flow(Outside(CLIENT), 4, ADDRESSES["one"], "tcp", 80, host="one")
    assert diagnose(network(), flow).causes == ()
    (found,) = diagnose(network(stranded(LONG), OTHER), flow).causes
    assert found.cause == "host-prefix-length-wrong"
    added = [each.entry for each in found.candidate.change.parts if isinstance(each, AddEntry)]
    assert added == [Address("eth0", 4, ADDRESSES["one"], 24), Route(4, 0, 0, next_hops=(NextHop("eth0", ROUTER),))]
