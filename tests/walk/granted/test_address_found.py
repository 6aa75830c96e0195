"""Whether a machine on the link finds the destination is asked where the host answers none that asks for it."""

import msgspec
import pytest

from hairpin.host.link import Address
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix
from hairpin.network.world import ReturnRoute, World
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.rule_text import with_policy
from tests.small_host import CLIENT, OUTSIDE, WEB, host_namespace, network, published

SERVICE = "198.51.100.80"
TO_SERVICE = published(address=SERVICE)
HIDDEN = {"conf__all__arp_ignore": "1"}


def serving(holder: str = "lo", **values: str) -> Network:
    """Return the host with a service address on the link."""
    host = host_namespace(values=values)
    _, value = parse_address(SERVICE)
    return network(msgspec.structs.replace(
        host,
        addresses=(*host.addresses, Address(holder, 4, value, 32)),
        routes=(*host.routes, msgspec.structs.replace(host.routes[2], destination=value)),
    ))  # fmt: skip


CASES: dict[str, tuple[Network, Flow, int]] = {
    "hidden on lo": (serving(**HIDDEN), TO_SERVICE, 1),
    "answered": (serving(), TO_SERVICE, 0),
    "on the link itself": (serving("eth0", **HIDDEN), TO_SERVICE, 0),
    "the host's own address": (serving(**HIDDEN), published(), 0),
    "from the host itself": (serving(**HIDDEN), published(FromHost(), SERVICE), 0),
    "from a neighbour": (serving(**HIDDEN), published(Lan(CLIENT), SERVICE), 1),
    "out of the link's network": (serving(**HIDDEN), published(OUTSIDE, "198.51.100.11"), 0),
}


@each_row(("within", "flow", "count"), CASES.values(), ids=CASES)
def test_a_hidden_address_is_asked_about(within: Network, flow: Flow, count: int) -> None:
    asked = [each for each in walk_flow(within, flow).questions if "ARP" in str(each.text)]
    assert len(asked) == count
    assert all(each.breaks_if == "no" for each in asked)


def near(**values: str) -> Network:
    """Return the host whose uplink's network contains the containers' addresses."""
    host = host_namespace(values=values)
    wide = Address("eth0", 4, parse_address("172.31.0.5")[1], 12)
    return network(msgspec.structs.replace(host, addresses=(*host.addresses, wide)))


@pytest.mark.parametrize(("values", "count"), (({}, 1), ({"conf__eth0__proxy_arp": "1"}, 0)))
def test_an_address_behind_the_host_is_asked_about(values: dict[str, str], count: int) -> None:
    to_web = Flow(OUTSIDE, 4, WEB, "tcp", 80)
    asked = [each for each in walk_flow(near(**values), to_web).questions if "route" in str(each.text)]
    assert len(asked) == count


@each_row(
    ("flow", "stated", "count"),
    (
        (Flow(OUTSIDE, 4, WEB, "tcp", 80), (), 1),
        (Flow(OUTSIDE, 4, WEB, "tcp", 80), ("172.17.0.0/16",), 0),
        (Flow(OUTSIDE, 4, WEB, "tcp", 80), ("10.0.0.0/8",), 1),
        (Flow(FromHost(), 4, WEB, "tcp", 80), (), 0),
        (published(OUTSIDE), (), 0),
    ),
)
def test_a_containers_own_address_is_reached_only_by_a_route(flow: Flow, stated: tuple[str, ...], count: int) -> None:
    routes = tuple(ReturnRoute(*parse_prefix(each)) for each in stated)
    whole = network(host_namespace(with_policy("FORWARD", "ACCEPT")))
    within = msgspec.structs.replace(whole, world=World(return_routes=routes))
    trace = walk_flow(within, flow)
    assert trace.verdict == "delivered"
    asked = [each for each in trace.questions if "172.17.0.0/16 to 198.51.100.11?" in str(each.text)]
    assert len(asked) == count


def test_a_machine_on_the_senders_own_segment_is_not_asked_about() -> None:
    to_neighbour = Flow(OUTSIDE, 4, parse_address("198.51.100.30")[1], "tcp", 80)
    found = walk_flow(network(host_namespace(with_policy("FORWARD", "ACCEPT"))), to_neighbour)
    assert found.verdict == "leaves"
    assert not [each for each in found.questions if "route" in str(each.text)]
