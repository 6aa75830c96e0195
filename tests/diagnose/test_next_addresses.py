"""A client goes on to the next address of a name if the first one refuses it at once."""

import msgspec
import pytest

from hairpin.diagnose.next_addresses import passed_over
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.socket import Relay, Socket
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from tests.small_host import WEB, host_namespace, local, network

FIRST = Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
SECOND = Socket("tcp", 6, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80), v6only=True)


def local_host(*sockets: Socket, routes: bool = True) -> Network:
    """Return the host with both addresses on lo, and these sockets."""
    usual = host_namespace("", routes=(local("::1/128", "lo"),) if routes else (), sockets=sockets)
    return network(with_second(usual))


def with_second(namespace: Namespace) -> Namespace:
    return msgspec.structs.replace(namespace, addresses=(*namespace.addresses, Address("lo", 6, 1, 128, "host")))


CASES: dict[str, tuple[Network, list[str]]] = {
    "IPv6 is refused": (local_host(FIRST), ["::1"]),
    "IPv4 is refused, IPv6 passes": (local_host(SECOND), ["127.0.0.1"]),
    "both pass": (local_host(FIRST, SECOND), []),
    "both are refused": (local_host(), ["::1"]),
}


@pytest.mark.parametrize(("net", "over"), CASES.values(), ids=CASES)
def test_an_address_that_refuses_at_once_is_passed_over(net: Network, over: list[str]) -> None:
    target = parse_target("localhost:8151")
    flows = flows_for(net, (target,), None)
    assert [address_text(each.daddr, each.version) for each in passed_over(net, (target,), flows)] == over


def test_an_address_that_the_user_named_is_not_passed_over() -> None:
    targets = tuple(map(parse_target, ("127.0.0.1:8151", "[::1]:8151")))
    net = local_host(FIRST)
    assert passed_over(net, targets, flows_for(net, targets, None)) == ()
