"""An address that only lo has is reached from outside only if somebody has routed it here: that is said."""

import msgspec

from hairpin.host.link import Address
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import host_namespace, local, network, published

PUBLIC = "203.0.113.11"
SAID = (
    "203.0.113.11 is on lo and on no uplink; it is routed to this host (behind a 1:1 NAT, the clients' packets come "
    "to 198.51.100.11 instead)"
)


def with_address(text: str, link: str = "lo") -> Network:
    """Return the host with one more address."""
    host = host_namespace()
    own = Address(link, 4, parse_address(text)[1], 32)
    return network(
        msgspec.structs.replace(host, addresses=(*host.addresses, own), routes=(*host.routes, local(text, link)))
    )


CASES: dict[str, tuple[Network, Flow, list[str]]] = {
    "an address of lo": (with_address(PUBLIC), published(address=PUBLIC), [SAID]),
    "the uplink's own address": (with_address(PUBLIC), published(), []),
    "an address of the uplink": (with_address(PUBLIC, "eth0"), published(address=PUBLIC), []),
    "an address of lo in the uplink's network": (
        with_address("198.51.100.77"), published(address="198.51.100.77"), [],
    ),
    "asked by a neighbour": (
        with_address(PUBLIC), published(Lan(parse_address("198.51.100.30")[1]), PUBLIC), [],
    ),
    "asked by the host": (with_address(PUBLIC), published(FromHost(), PUBLIC), []),
}  # fmt: skip


@each_row(("net", "flow", "said"), CASES.values(), ids=CASES)
def test_what_is_assumed_of_an_address_without_a_wire(net: Network, flow: Flow, said: list[str]) -> None:
    trace = walk_flow(net, flow)
    assert trace.verdict == "delivered"
    assert [str(each) for each in trace.assumed if "1:1" in str(each)] == said
