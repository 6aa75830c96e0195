"""Only the default route leads to a private IPv6 address of another site: its router may not know the way."""

import msgspec
from msgspec.structs import replace

from hairpin.answer.questions import naming_repairs
from hairpin.host.link import Address
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import host_namespace, local, network, number, published, route

THERE = Flow(FromHost(), 6, number("fd9c:2399:362:aa42::5"), "tcp", 8443)
PUBLIC = msgspec.structs.replace(THERE, daddr=number("2001:db8:99::1"))
EGRESS = msgspec.structs.replace(THERE, purpose="egress")
NARROWER = "fd9c:2399:362:aa42::/64"


def six(own: str = "2001:db8:1::11", *narrower: str) -> Network:
    """Return the host with this IPv6 address, a default route, and further routes by another router."""
    value = number(own)
    near = own.rpartition("::")[0]
    ways = (local(f"{own}/128", "eth0"), route(f"{near}::/64", "eth0"), route("::/0", "eth0", via=f"{near}::1"))
    host = host_namespace(routes=(*ways, *(route(each, "eth0", via=f"{near}::20") for each in narrower)))
    return network(msgspec.structs.replace(host, addresses=(*host.addresses, Address("eth0", 6, value, 64))))


CASES: dict[str, tuple[Network, Flow, bool]] = {
    "only the default route": (six(), THERE, True),
    "a route of its own": (six("2001:db8:1::11", NARROWER), THERE, False),
    "the host is of the same site": (six("fd9c:2399:362:1::11"), THERE, False),
    "the host is of another site": (six("fd00:1:2:3::11"), THERE, True),
    "an address of the Internet": (six(), PUBLIC, False),
    "nobody asked for it": (six(), EGRESS, False),
}


@each_row(("net", "flow", "is_asked"), CASES.values(), ids=CASES)
def test_whether_the_router_knows_the_way(net: Network, flow: Flow, is_asked: bool) -> None:
    trace = walk_flow(net, flow)
    assert trace.verdict == "leaves"
    found = [each for each in trace.questions if "know the way to fd9c" in str(each.text)]
    assert len(found) == is_asked
    assert all("accept_ra_rt_info_max_plen=64" in str(naming_repairs(each, net).if_no) for each in found)


HELD = "203.0.113.11"
SAID = (
    "203.0.113.11 is on lo and on no uplink; it is routed to this host (behind a 1:1 NAT, the clients' packets come "
    "to 198.51.100.11 instead)"
)


def with_address(text: str, link: str = "lo") -> Network:
    """Return the host with one more address."""
    host = host_namespace()
    own = Address(link, 4, number(text), 32)
    return network(replace(host, addresses=(*host.addresses, own), routes=(*host.routes, local(text, link))))


HELD_CASES: dict[str, tuple[Network, Flow, list[str]]] = {
    "an address of lo": (with_address(HELD), published(address=HELD), [SAID]),
    "the uplink's own address": (with_address(HELD), published(), []),
    "an address of the uplink": (with_address(HELD, "eth0"), published(address=HELD), []),
    "an address of lo in the uplink's network": (
        with_address("198.51.100.77"), published(address="198.51.100.77"), [],
    ),
    "asked by a neighbour": (
        with_address(HELD), published(Lan(number("198.51.100.30")), HELD), [],
    ),
    "asked by the host": (with_address(HELD), published(FromHost(), HELD), []),
}  # fmt: skip


@each_row(("net", "flow", "said"), HELD_CASES.values(), ids=HELD_CASES)
def test_what_is_assumed_of_an_address_without_a_wire(net: Network, flow: Flow, said: list[str]) -> None:
    trace = walk_flow(net, flow)
    assert trace.verdict == "delivered"
    assert [str(each) for each in trace.assumed if "1:1" in str(each)] == said
