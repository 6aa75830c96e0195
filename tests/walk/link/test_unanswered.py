"""A machine that did not answer the kernel is a question, which names the address that has it on the link."""

import msgspec
import pytest

from hairpin.answer.questions import naming_repairs
from hairpin.host.link import Address
from hairpin.host.route import LEARNED, Neighbour
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.walk import walk_flow
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, host_namespace, local, network, number, published, route

NEAR = number("198.51.100.77")
BRANCH = number("198.51.200.10")


def with_entry(address: int, state: str, *aliases: str) -> Network:
    """Return the host with aliases on eth0, and an entry for the address there."""
    host = host_namespace()
    parts = [(text, *text.split("/")) for text in aliases]
    own = tuple(Address("eth0", 4, number(value), int(length)) for _, value, length in parts)
    nets = tuple(route(f"{value.rpartition('.')[0]}.0/{length}", "eth0") for _, value, length in parts)
    locals_ = tuple(local(f"{value}/32", "eth0") for _, value, _ in parts)
    entries = (Neighbour("eth0", 4, address, None, state),)
    return network(
        msgspec.structs.replace(
            host, addresses=(*host.addresses, *own), routes=(*locals_, *nets, *host.routes), neighbours=entries
        )
    )


def with_long_prefix() -> Network:
    """Return the host whose address has the prefix length 16, and a client of that network that did not answer."""
    whole = with_entry(BRANCH, "FAILED")
    host = whole.this.namespaces[0]
    own = tuple(
        msgspec.structs.replace(each, prefix_length=16) if each.value == HOST_ADDRESS else each
        for each in host.addresses
    )
    routes = (*host.routes, route("198.51.0.0/16", "eth0"))
    return network(msgspec.structs.replace(host, addresses=own, routes=routes))


def questions(whole: Network, flow: Flow) -> tuple[OpenQuestion, ...]:
    trace = walk_flow(whole, flow)
    assert trace.verdict == "delivered"
    return trace.questions


@pytest.mark.parametrize("state", ("FAILED", "INCOMPLETE"))
def test_a_named_neighbour_that_did_not_answer_is_a_question(state: str) -> None:
    (asked,) = questions(with_entry(NEAR, state), published(Outside(NEAR)))
    assert asked.breaks_if == "no"
    assert "Because of the address 198.51.100.11/24, this host expects all of 198.51.100.0/24 on this link" in str(
        asked.text
    )
    assert "prefix length of 198.51.100.11/24 is wrong" in str(asked.if_no)


def test_a_prefix_that_is_too_long_is_named() -> None:
    (asked,) = questions(with_long_prefix(), published(Outside(BRANCH)))
    assert "Because of the address 198.51.100.11/16, this host expects all of 198.51.0.0/16 on this link" in str(
        asked.text
    )
    assert walk_flow(with_long_prefix(), published(Outside(BRANCH))).assumed == ()


def test_an_alias_is_named_as_left_over() -> None:
    (asked,) = questions(with_entry(CLIENT, "FAILED", "192.0.2.200/24"), published())
    assert "Because of the address 192.0.2.200/24, this host expects all of 192.0.2.0/24 on this link" in str(
        asked.text
    )
    assert "192.0.2.200/24 does not belong on eth0: delete it" in str(asked.if_no)


@pytest.mark.parametrize("state", LEARNED)
def test_a_neighbour_that_answers_is_no_question(state: str) -> None:
    assert questions(with_entry(NEAR, state), published(Outside(NEAR))) == ()


def test_a_client_that_hairpin_chose_is_no_question() -> None:
    invented = msgspec.structs.replace(published(), invented=True)
    whole = with_entry(CLIENT, "FAILED", "192.0.2.200/24")
    assert questions(whole, invented) == ()
    assert any("answers on eth0" in str(each) for each in walk_flow(whole, invented).assumed)


FAR = number("203.0.113.7")


def without_gateway(*entries: tuple[int, str, int | None]) -> Network:
    """Return the host whose default route has no gateway, with entries of eth0: address, state, hardware address."""
    host = host_namespace()
    routes = (*(each for each in host.routes if each.prefix_length), route("default", "eth0"))
    held = tuple(Neighbour("eth0", 4, value, mac, state) for value, state, mac in entries)
    return network(msgspec.structs.replace(host, routes=routes, neighbours=held))


def test_a_default_route_without_a_gateway_is_named_where_nobody_answers() -> None:
    (asked,) = questions(without_gateway((CLIENT, "INCOMPLETE", None)), published(Outside(CLIENT)))
    assert asked.breaks_if == "no"
    assert "`default dev eth0` has no gateway" in str(asked.text)
    assert "ip route replace default via GATEWAY dev eth0" in str(asked.if_no)


def test_the_gateway_of_another_route_by_the_link_is_the_repair() -> None:
    net = without_gateway((CLIENT, "INCOMPLETE", None))
    host = net.namespace(HOST_NETNS)
    bare = tuple(each if each.prefix_length else msgspec.structs.replace(each, scope="link") for each in host.routes)
    more = (*bare, route("10.0.0.0/8", "eth0", via="198.51.100.1"))
    net = net.with_namespace(HOST_NETNS, msgspec.structs.replace(host, routes=more))
    (asked,) = (naming_repairs(each, net) for each in questions(net, published(Outside(CLIENT))))
    assert "`ip route replace default via 198.51.100.1 dev eth0`" in str(asked.if_no)


def test_it_is_named_for_an_invented_client_too_if_others_did_not_answer() -> None:
    invented = msgspec.structs.replace(published(), invented=True)
    (asked,) = questions(without_gateway((FAR, "FAILED", None)), invented)
    assert "203.0.113.7" in str(asked.text)


@pytest.mark.parametrize("entries", (
    (), ((CLIENT, "REACHABLE", 9),), ((FAR, "FAILED", None), (FAR + 1, "STALE", 9)), ((NEAR, "FAILED", None),),
))  # fmt: skip
def test_a_provider_that_answers_for_all_is_no_question(entries: tuple[tuple[int, str, int | None], ...]) -> None:
    assert questions(without_gateway(*entries), msgspec.structs.replace(published(), invented=True)) == ()
