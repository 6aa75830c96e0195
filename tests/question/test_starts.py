"""Where flows start on several hosts."""

import msgspec
import pytest

from hairpin.errors import UsageError
from hairpin.host.link import Address
from hairpin.network.flow import FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.question.asked import Origin
from hairpin.question.starts import asker, start_named, usual
from tests.question.two_hosts import ONE, TWO
from tests.routing_container import BEHIND, START, routing
from tests.rows import each_row
from tests.small_host import host_namespace, network, number, route

BY_CONTAINER = route("10.13.13.0/24", "docker0", via="172.17.0.2")
BOTH = Network((ONE, TWO))
OWN = next(each.value for each in TWO.namespace(TWO.netns.name).addresses if each.link != "lo")
CLIENT = number("192.0.2.10")

# the origin of a flow to the second host: the start's kind, its host
NAMED: dict[str, tuple[Origin, type, str]] = {
    "a process of this host": (Origin("host"), FromHost, "one"),
    "a process of the other": (Origin("host", host="two"), FromHost, "two"),
    "a container of the other": (Origin("container", container="api"), FromContainer, "two"),
    "a container of this host": (Origin("container", container="web"), FromContainer, "one"),
    "a client is that of the asked host": (Origin("address", 4, CLIENT), Outside, "two"),
    "a client of a named host": (Origin("address", 4, CLIENT, host="one"), Outside, "one"),
    "an address of the asked host": (Origin("address", 4, OWN), FromHost, "two"),
    "an address of its loopback": (Origin("address", 4, number("127.0.0.1")), FromHost, "two"),
    "an address that another host has": (Origin("address", 4, OWN, host="one"), Outside, "one"),
    "a neighbour of the asked host": (Origin("lan"), Lan, "two"),
    "the usual client of the asked host": (Origin("outside"), Outside, "two"),
    "a neighbour of a named host": (Origin("lan", host="one"), Lan, "one"),
}


@each_row(("origin", "kind", "label"), NAMED.values(), ids=NAMED)
def test_named(origin: Origin, kind: type, label: str) -> None:
    found = start_named(BOTH, TWO, 4, origin)
    assert (type(found.start), found.host.name) == (kind, label)


@pytest.mark.parametrize(
    ("link", "kind"), (("veth1", Outside), ("lo", Outside), ("eth0", FromHost), ("docker0", FromHost))
)
def test_an_address_that_somebody_put_on_a_containers_veth_is_still_a_clients(link: str, kind: type) -> None:
    own = host_namespace()
    own = msgspec.structs.replace(own, addresses=(*own.addresses, Address(link, 4, CLIENT, 32)))
    built = network(own)
    assert isinstance(start_named(built, built.this, 4, Origin("address", 4, CLIENT)).start, kind)


def test_the_other_hosts_are_clients_too() -> None:
    assert [(type(each.start), each.host.name) for each in usual(BOTH, ONE, 4, (TWO,))] == [
        (Outside, "one"), (Lan, "one"), (FromHost, "one"), (FromHost, "two"),
    ]  # fmt: skip


def test_the_host_of_the_clients_container() -> None:
    assert asker(BOTH, Origin("container", container="api")).name == "two"
    with pytest.raises(UsageError, match="no host 'x'"):
        asker(BOTH, Origin("container", container="api", host="x"))


def test_a_client_behind_a_container_that_routes_starts_there() -> None:
    origin = Origin("address", 4, BEHIND)
    for whole, expected in (
        (routing(), START),
        (routing(BY_CONTAINER), START),
        (routing(forwards=False), Outside(BEHIND)),
        (routing(route("10.13.13.0/24", "eth0", via="198.51.100.1")), Outside(BEHIND)),
        (network(), Outside(BEHIND)),
    ):
        assert start_named(whole, whole.this, 4, origin).start == expected


def test_a_neighbour_in_a_container_network_is_not_behind_a_container() -> None:
    other = number("172.17.0.9")
    whole = routing()
    assert start_named(whole, whole.this, 4, Origin("address", 4, other)).start == Outside(other)
