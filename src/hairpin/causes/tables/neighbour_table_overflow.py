"""The neighbour table is full, so the kernel makes no entry for a new neighbour.

Users see: machines and containers that were reached a moment ago are still reached, but all others are not.  ping
reports ``Invalid argument`` or ``No buffer space available``, and the kernel logs ``neighbour: arp_cache: neighbor
table overflow!``.

Proof: the next hop has no entry, and the number of entries that the kernel cannot free has reached ``gc_thresh3``.
With a greater maximum the packet passes.
Now: ``sysctl -w net.ipv4.neigh.default.gc_thresh3=…`` with twice the present number of entries.
Lasting: put the value into a file of sysctl.d.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfSysctl, View, message
from hairpin.change.change import SetSysctl, one
from hairpin.walk.link.neighbour_room import maximum_path, room_of


def find(view: View) -> Iterator[Candidate]:
    version = view.stop.seen.packet.version
    room = room_of(view.network, view.stop.netns, version)
    if room is None or not room.full:
        return
    wanted = 2 * room.entries
    yield Candidate(
        title=message(
            "The neighbour table of IPv{version} is full: {entries} entries of at most {most}",
            version=version,
            entries=room.entries,
            most=room.most,
        ),
        detail=message(
            "{held} of the entries are in use or being resolved, and the kernel frees none of these entries. A new "
            "neighbour gets no entry. All network namespaces of the machine share the table.",
            held=room.held,
        ),
        change=one(SetSysctl(view.host_netns, maximum_path(version), str(wanted))),
        where=OfSysctl(sysctl=maximum_path(version), value=room.most, wanted=wanted),
        in_class="full-table",
        evidence=(room.evidence,),
        advice=(
            message(
                "find what asks for so many neighbours: `ip -s neigh`; another scan of a large subnet fills the table "
                "again"
            ),
        ),
    )


CAUSE = Cause(
    title=message("The neighbour table is full"),
    source="net/core/neighbour.c neigh_alloc(), neigh_forced_gc()",
    reasons=frozenset({"neighbour-table-full"}),
)
