"""A neighbour table that takes no new entry, and tables that look alike."""

import msgspec
import pytest

from hairpin.host.limit_state import Counters
from hairpin.host.route import Neighbour
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from hairpin.walk.link.neighbour_room import Room, maximum_path, room_of
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import (
    GATEWAY,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container_namespace,
    host_namespace,
    network,
    published,
    sibling,
)

ROUTER = HOST_ADDRESS - 10


def filled(held: int, stale: int = 0, *, most: int = 40, known: int | None = None, version: int = 4) -> Network:
    """Return the host whose table has so many entries that a timer holds, and so many without one.  ``known``: a
    neighbour on docker0 with an entry, beside the router; the container has one for
    its gateway then."""
    host = host_namespace()
    entries = tuple(
        Neighbour(
            "eth0", 4 if version == 4 else 6, GATEWAY + 1000 + number, 5, "REACHABLE" if number < held else "STALE"
        )
        for number in range(held + stale)
    )
    if known is not None:
        entries = (*entries, Neighbour("docker0", 4, known, 5, "STALE"), Neighbour("eth0", 4, ROUTER, 5, "STALE"))
    inner = container_namespace()
    if known is not None:
        inner = msgspec.structs.replace(inner, neighbours=(Neighbour("eth0", 4, GATEWAY, 5, "STALE"),))
    return network(
        msgspec.structs.replace(
            host,
            neighbours=entries,
            sysctls=host.sysctls.with_value(maximum_path(4), str(most)).with_value(maximum_path(6), str(most)),
            counters=Counters(neighbours=((version, held + stale, 0),), evidence="e11"),
        ),
        inner,
    )


CASES = {
    "held up to the maximum": (filled(40), "neighbour-table-full"),
    "one less": (filled(39), None),
    "some may be freed": (filled(39, 10), None),
    "beyond it, with some to free": (filled(45, 3), "neighbour-table-full"),
    "all may be freed": (filled(0, 60), None),
    "the container has an entry": (filled(45, known=WEB), None),
    "another one has": (filled(45, known=WEB + 1), "neighbour-table-full"),
    "that of IPv6 is full": (filled(45, version=6), None),
}


@each_row(("sick", "reason"), CASES.values(), ids=CASES)
def test_a_new_neighbour_needs_room(sick: Network, reason: str | None) -> None:
    trace = walk_flow(sick, published())
    assert [each.stop.reason for each in trace.branches if each.stop is not None] == ([reason] if reason else [])


def test_below_the_maximum_nothing_is_counted() -> None:
    assert room_of(filled(39), HOST_NETNS, 4) is None
    assert room_of(network(), HOST_NETNS, 4) is None
    assert room_of(filled(39, 10), HOST_NETNS, 4) == Room(40, 49, 39, 49, "e11")


@pytest.mark.parametrize(("unlisted", "reasons"), ((0, ["neighbour-table-full"]), (9, [])))
def test_a_loopback_link_has_an_entry_that_is_not_listed(unlisted: int, reasons: list[str]) -> None:
    """Its state is NOARP.  If all entries are listed, it has none, and none can be made."""
    sick = filled(45, known=WEB)
    host = sick.namespace(HOST_NETNS)
    counters = msgspec.structs.replace(host.counters, neighbours=((4, 47 + unlisted, 0),))
    sick = network(msgspec.structs.replace(host, counters=counters), sick.namespace(sibling("container:web")))
    trace = walk_flow(sick, published(FromHost(), "127.0.0.1"))
    assert [each.stop.reason for each in trace.branches if each.stop is not None] == reasons
