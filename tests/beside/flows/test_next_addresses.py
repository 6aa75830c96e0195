"""A client goes on to the next address of a name if the first one refuses it at once."""

import msgspec
import pytest

from hairpin.beside.flows.next_addresses import passed_over, told_of_passed_over
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.socket import Relay, Socket
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from tests.rows import each_row
from tests.small_host import WEB, container_namespace, host_namespace, local, network

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


NOTES: dict[str, tuple[Network, str, str]] = {
    "IPv6 is refused": (local_host(FIRST), "localhost:8151", "localhost is ::1 first, and [::1]:8151/tcp"),
    "IPv4 is refused, IPv6 passes": (local_host(SECOND), "localhost:8151", "localhost is 127.0.0.1, too"),
    "both pass": (local_host(FIRST, SECOND), "localhost:8151", ""),
    "both are refused": (local_host(), "localhost:8151", ""),
    "no name": (local_host(FIRST), "127.0.0.1:8151", ""),
    "a host without ::1": (network(host_namespace("", sockets=(FIRST,))), "localhost:8151", ""),
}


@each_row(("net", "asked", "begin"), NOTES.values(), ids=NOTES)
def test_an_address_that_refuses_while_the_other_answers_is_told(net: Network, asked: str, begin: str) -> None:
    targets = (parse_target(asked),)
    told = tuple(map(str, told_of_passed_over(net, targets, flows_for(net, targets, None))))
    assert len(told) == bool(begin)
    assert all(each.startswith(begin) for each in told)


def test_in_a_container_the_address_that_refuses_is_told() -> None:
    usual = with_second(container_namespace())
    inner = msgspec.structs.replace(usual, routes=(local("::1/128", "lo"), *usual.routes))
    net, targets = network(inner=inner), (parse_target("localhost:80"),)
    flows = flows_for(net, targets, Origin("container", container="web"))
    assert [str(each)[:24] for each in told_of_passed_over(net, targets, flows)] == ["localhost is ::1 first, "]


def test_an_address_that_the_user_named_is_not_passed_over() -> None:
    targets = tuple(map(parse_target, ("127.0.0.1:8151", "[::1]:8151")))
    net = local_host(FIRST)
    assert passed_over(net, targets, flows_for(net, targets, None)) == ()
