"""Entries are added at their places; gateways have to be on a link."""

import msgspec
import pytest

from hairpin.change.change import AddNeighbour, AddPolicyRule, DeleteNeighbour
from hairpin.change.entries import check_gateways, with_entry, without_entry
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.route import Neighbour, NextHop, PolicyRule, Route
from tests.small_host import HOST_NETNS, route

FAR = route("10.0.0.0/8", "eth0", via="198.51.100.100")
ENTRY = Neighbour("eth0", 4, 7, 7, "PERMANENT")


def test_a_policy_rule_comes_behind_those_of_its_priority() -> None:
    rules = (PolicyRule(4, 0), PolicyRule(4, 100), PolicyRule(4, 200), PolicyRule(6, 0))
    found = with_entry(Namespace("host", rules=rules), AddPolicyRule(HOST_NETNS, PolicyRule(4, 100, table=9))).rules
    assert [(each.version, each.priority, each.table) for each in found][1:4] == [
        (4, 100, None),
        (4, 100, 9),
        (4, 200, None),
    ]


def test_an_entry_by_hand_replaces_the_learned_one() -> None:
    learned = Neighbour("eth0", 4, 7, 8, "STALE")
    found = with_entry(Namespace("host", neighbours=(learned,)), AddNeighbour(HOST_NETNS, ENTRY))
    assert found.neighbours == (ENTRY,)
    assert without_entry(found, DeleteNeighbour(HOST_NETNS, ENTRY)).neighbours == ()


def test_a_gateway_has_to_be_on_its_link() -> None:
    namespace = Namespace("host", routes=(route("198.51.100.0/24", "eth0"), FAR))
    check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop("eth0", 0xC6336464),)))
    check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop("eth0", 7, onlink=True),)))
    for gateway, link in ((7, "eth0"), (0xC6336464, "eth1"), (0x0A000001, "eth0")):
        with pytest.raises(ChangeError):
            check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop(link, gateway),)))


def test_a_gateway_is_one_host() -> None:
    anycast = msgspec.structs.replace(route("198.51.100.0/24", "eth0"), type="anycast")
    namespace = Namespace("host", routes=(anycast,))
    with pytest.raises(ChangeError):
        check_gateways(namespace, Route(4, 0, 0, next_hops=(NextHop("eth0", 0xC6336464),)))
