"""Entries are added at their places; gateways have to be on a link."""

import pytest
from msgspec.structs import replace

from hairpin.change.change import ReplaceEntry
from hairpin.change.simulation.entries import check_gateways, with_entry, with_other_entry, without_entry
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import FdbEntry, Neighbour, NextHop, PolicyRule, Route
from tests.small_host import HOST_NETNS, route

FAR = route("10.0.0.0/8", "eth0", via="198.51.100.100")
ENTRY = Neighbour("eth0", 4, 7, 7, "PERMANENT")


def test_a_policy_rule_comes_behind_those_of_its_priority() -> None:
    rules = (PolicyRule(4, 0), PolicyRule(4, 100), PolicyRule(4, 200), PolicyRule(6, 0))
    found = with_entry(Namespace("host", rules=rules), PolicyRule(4, 100, table=9)).rules
    assert [(each.version, each.priority, each.table) for each in found][1:4] == [
        (4, 100, None),
        (4, 100, 9),
        (4, 200, None),
    ]


def test_an_entry_by_hand_replaces_the_learned_one() -> None:
    learned = Neighbour("eth0", 4, 7, 8, "STALE")
    found = with_entry(Namespace("host", neighbours=(learned,)), ENTRY)
    assert found.neighbours == (ENTRY,)
    assert without_entry(found, ENTRY).neighbours == ()


def test_a_gateway_has_to_be_on_its_link() -> None:
    namespace = Namespace("host", routes=(route("198.51.100.0/24", "eth0"), FAR))
    check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop("eth0", 0xC6336464),)))
    check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop("eth0", 7, onlink=True),)))
    for gateway, link in ((7, "eth0"), (0xC6336464, "eth1"), (0x0A000001, "eth0")):
        with pytest.raises(ChangeError):
            check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop(link, gateway),)))


def test_the_kernel_takes_no_route_by_a_link_that_is_down() -> None:
    for up in (True, False):
        namespace = Namespace("host", links=(Link(2, "eth0", up=up),), routes=(route("198.51.100.0/24", "eth0"),))
        if up:
            assert len(with_entry(namespace, FAR).routes) == 2
        else:
            with pytest.raises(ChangeError, match="eth0 is down"):
                with_entry(namespace, FAR)


def test_a_gateway_is_one_host() -> None:
    anycast = replace(route("198.51.100.0/24", "eth0"), type="anycast")
    namespace = Namespace("host", routes=(anycast,))
    with pytest.raises(ChangeError):
        check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop("eth0", 0xC6336464),)))


NEAR = route("10.0.0.0/8", "eth0")
REMOTE = FdbEntry(None, "vx", 9, remote=7, state="permanent")


def test_a_route_is_replaced_in_its_place() -> None:
    namespace = Namespace("host", routes=(route("198.51.100.0/24", "eth0"), FAR, route("0.0.0.0/0", "eth0")))
    replaced = with_other_entry(namespace, ReplaceEntry(HOST_NETNS, FAR, NEAR))
    assert replaced.routes == (namespace.routes[0], NEAR, namespace.routes[2])


ELSEWHERE: dict[str, tuple[tuple[Route, ...], Route]] = {
    "nothing is there": ((), NEAR),
    "another metric": ((FAR,), replace(NEAR, metric=7)),
    "two at one place": ((FAR, replace(FAR, evidence="e9")), NEAR),
    "a gateway on no link": ((FAR,), replace(NEAR, next_hops=(NextHop("eth0", 7),))),
}


@pytest.mark.parametrize(("held", "made"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_other_route_is_replaced(held: tuple[Route, ...], made: Route) -> None:
    with pytest.raises(ChangeError):
        with_other_entry(Namespace("host", routes=held), ReplaceEntry(HOST_NETNS, FAR, made))


@pytest.mark.parametrize("mac", (0, 0x01005E000001))
def test_only_the_entry_of_one_hosts_address_is_replaced(mac: int) -> None:
    other = replace(REMOTE, remote=8)
    held = Namespace("host", fdb=(REMOTE,))
    assert with_other_entry(held, ReplaceEntry(HOST_NETNS, REMOTE, other)).fdb == (other,)
    shared = replace(REMOTE, mac=mac)
    with pytest.raises(ChangeError):
        with_other_entry(Namespace("host", fdb=(shared,)), ReplaceEntry(HOST_NETNS, shared, replace(shared, remote=8)))
