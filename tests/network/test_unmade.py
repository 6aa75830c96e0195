"""Networks of guests that their program has not made."""

import msgspec

from hairpin.host.link import Address
from hairpin.host.managers import GuestNetwork
from hairpin.host.route import NextHop, Route
from hairpin.network.network import Network
from hairpin.network.unmade import unmade_network
from tests.causes.hosts import with_host
from tests.rows import each_row
from tests.small_host import HOST_NETNS, host_namespace, network, number

TOLD = GuestNetwork("default", "libvirt", "virbr0", ((4, number("192.168.122.1"), 24),))
HOST = host_namespace()
MADE = (*HOST.addresses, Address("virbr0", 4, number("192.168.122.1"), 24))
BY_ROUTER = (*HOST.routes, Route(4, number("192.168.0.0"), 16, next_hops=(NextHop("eth0", number("198.51.100.7")),)))
ROWS: dict[str, tuple[str, dict[str, object], GuestNetwork | None]] = {
    "a guest's": ("192.168.122.50", {}, TOLD),
    "the host's own in it": ("192.168.122.1", {}, TOLD),
    "beside it": ("192.168.123.50", {}, None),
    "the network is made": ("192.168.122.50", {"addresses": MADE}, None),
    "another machine's, by a route": ("192.168.122.50", {"routes": BY_ROUTER}, None),
    "links that were not read": ("192.168.122.50", {"links": ()}, None),
    "without a default route": ("192.168.122.50", {"routes": ()}, TOLD),
}


def told(**changed: object) -> Network:
    return with_host(network(msgspec.structs.replace(HOST, **changed)), guest_networks=(TOLD,))


@each_row(("address", "changed", "found"), ROWS.values(), ids=ROWS)
def test_the_network_that_is_not_made(address: str, changed: dict[str, object], found: GuestNetwork | None) -> None:
    assert unmade_network(told(**changed), HOST_NETNS, 4, number(address)) == found


def test_a_host_without_such_files_has_none() -> None:
    assert unmade_network(network(), HOST_NETNS, 4, number("192.168.122.50")) is None
