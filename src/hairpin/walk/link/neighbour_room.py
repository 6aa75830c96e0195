"""Whether the kernel can still make a neighbour entry: the neighbour table has a maximum for entries that may expire.

All network namespaces share one table for each IP version.  At ``gc_thresh3`` entries the kernel frees entries without
a timer, and makes a new entry only if it could free an old entry.  Entries that are being resolved or confirmed
(INCOMPLETE, DELAY, PROBE) and REACHABLE entries have a timer.  So a new entry cannot be made if the number of entries
with a timer reaches the maximum.

Source: net/core/neighbour.c neigh_alloc(), neigh_forced_gc(), neigh_add_timer(); arp(7) gc_thresh3
"""

import msgspec

from hairpin.host.netns import Netns
from hairpin.host.sysctl import Path
from hairpin.message import message
from hairpin.network.index import loops_back
from hairpin.network.network import Network, neighbour_entries
from hairpin.network.prefix import Version
from hairpin.walk.decided import LinkDecided
from hairpin.walk.state import End, State, stopped

_HELD = ("INCOMPLETE", "REACHABLE", "DELAY", "PROBE")


class Room(msgspec.Struct, frozen=True):
    """A neighbour table.  ``held`` is the number of entries with a timer.  ``listed`` is the number of entries that `ip
    neigh` shows in the namespaces that were read.  ``evidence`` is the reading of the table's counters."""

    most: int
    entries: int
    held: int
    listed: int
    evidence: str = ""

    @property
    def full(self) -> bool:
        """Whether the kernel can make no new entry now."""
        return self.held >= self.most


def maximum_path(version: Version) -> Path:
    """Return the path of the sysctl for the maximum, which exists only in a machine's first network namespace."""
    return ("net", f"ipv{version}", "neigh", "default", "gc_thresh3")


def room_of(network: Network, netns: Netns, version: Version) -> Room | None:
    """Return how full the machine's table is; None if it is below its maximum, or if its counters were not read."""
    if netns.of_host not in network:
        return None
    host = network.namespace(netns.of_host)
    entries = next((count for of, count, _ in host.counters.neighbours if of == version), None)
    most = host.sysctl(*maximum_path(version)) if entries is not None else None
    if entries is None or most is None or entries < most:
        return None
    listed = tuple(
        each
        for namespace in network.host(netns.host).namespaces
        for each in namespace.neighbours
        if each.version == version and not each.proxy
    )
    held = sum(each.state in _HELD for each in listed)
    return Room(most, entries, held, len(listed), host.counters.evidence)


def without_room(network: Network, state: State, link: str, address: int) -> End | None:
    """Return the end of a packet whose next hop has no entry and can get no entry.

    A loopback link needs a neighbour entry, too, but `ip neigh` never lists that entry.  So a loopback link has no
    entry if `ip neigh` lists as many entries as the kernel counts.
    """
    version = state.packet.version
    namespace = network.namespace(state.netns)
    room = room_of(network, state.netns, version)
    if room is None or not room.full:
        return None
    found = namespace.link(link)
    if found is not None and loops_back(found) and room.listed < room.entries:
        return None
    if any(not each.proxy for each in neighbour_entries(namespace, link, version, address)):
        return None
    said = message(
        "the neighbour table of IPv{version} has {entries} entries (at most {most}); {held} of them are in use",
        entries=room.entries,
        version=version,
        most=room.most,
        held=room.held,
    )
    decided = LinkDecided(link, said, room.evidence)
    return stopped(state, "neighbour-table-full", stage="neighbour", link=link, decided_by=decided, address=address)
