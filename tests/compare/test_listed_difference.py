"""Parts of a host are listed in one order, each once."""

import msgspec
import pytest

from hairpin.compare.edit import NotWalked
from hairpin.compare.listed_difference import PARTS, ListedDifference, PartOfHost, comparable
from hairpin.host.host import Unread
from hairpin.host.netns import Netns
from hairpin.message import message
from tests.small_host import HOST_NETNS, network


def test_each_part_once() -> None:
    assert len(set(PARTS)) == len(PARTS)
    assert PARTS[-1] == "learned"


HOST = network().this


INSIDE = HOST_NETNS.sibling("container:web")


def changed(part: PartOfHost, netns: Netns = HOST_NETNS) -> ListedDifference:
    return ListedDifference(part, netns, message("something"), "before", None, NotWalked())


CASES: dict[str, tuple[str, str, PartOfHost, bool]] = {
    "routes that were not read": ("ip-route-4", "host", "routes", False),
    "routes of another namespace": ("ip-route-4", "container:web", "routes", True),
    "rules, and the routes were not read": ("ip-route-4", "host", "rules", True),
    "links tell the addresses, too": ("ip-addr", "host", "addresses", False),
    "a part that looks at its readings": ("ip-route-4", "host", "units", True),
}


@pytest.mark.parametrize(("key", "netns", "part", "told"), CASES.values(), ids=CASES)
def test_a_difference_is_told_only_if_both_sides_told_its_part(
    key: str, netns: str, part: PartOfHost, *, told: bool
) -> None:
    unread = Unread(key, netns, "ip route", "timed out", "")
    without = msgspec.structs.replace(HOST, unread=(unread,))
    for one, other in ((without, HOST), (HOST, without)):
        assert bool(comparable([changed(part)], one, other)) is told
    assert comparable([changed(part)], HOST, HOST) == [changed(part)]


def test_the_links_of_a_host_tell_those_of_its_containers() -> None:
    without = msgspec.structs.replace(HOST, unread=(Unread("ip-addr", "host", "ip -d addr", "timed out", ""),))
    assert comparable([changed("addresses", INSIDE)], without, HOST) == []
    assert comparable([changed("rules", INSIDE)], without, HOST) == [changed("rules", INSIDE)]
