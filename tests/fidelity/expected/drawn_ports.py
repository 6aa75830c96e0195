"""Ports that the kernel draws: those that were seen, and those of the walk that stand for unseen ones."""

from collections.abc import Iterator

import msgspec

from hairpin.netfilter.packet import Connection
from tests.fidelity.expected.branches import Branch
from tests.fidelity.testbed.events import Event


def with_hidden(branch: Branch, seen: tuple[Event, ...], hidden: set[int], hidden_inside: set[int]) -> Branch:
    """Return the branch with the kernel's ports instead of the ports that stand for unseen ones.

    ``hidden``: ports that stand for unseen ones. If ports are drawn twice for one packet, the first is not seen.
    ``hidden_inside``: ports that only an ICMP error may show, of packets that come to rest nowhere. A port that an
    answer shows replaces the stand-in in the connections, too.
    """
    if not hidden_inside or len(branch.events) != len(seen):
        return branch
    told = {
        mine: theirs
        for expected, event in zip(branch.events, seen, strict=True)
        for mine, theirs in zip(ports_of(expected), ports_of(event), strict=False)
        if mine in hidden
    }
    events = tuple(
        msgspec.structs.replace(
            mine,
            sport=theirs.sport if mine.sport in hidden else mine.sport,
            dport=theirs.dport if mine.dport in hidden else mine.dport,
            inner=tuple(
                t if m in hidden_inside else m for m, t in zip(mine.inner, theirs.inner or mine.inner, strict=False)
            ),
        )
        for mine, theirs in zip(branch.events, seen, strict=True)
    )
    connections = tuple((netns, _with_ports(each, told)) for netns, each in branch.connections)
    return msgspec.structs.replace(branch, events=events, connections=connections)


def seen_ports(events: tuple[Event, ...], picked: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the seen ports in each order in which draws may have taken them, with the number of earlier draws among
    ``picked``.

    Of a packet that loops only the last port is seen; an ICMP error about it shows the one before.
    """
    sources, targets = ([getattr(event, side) for event in events] for side in ("sport", "dport"))
    sources += (port for event in events for port in event.inner[3:])
    for ports in ((*sources, *targets), (*targets, *sources)):
        for unseen in (0, *(picked - last for last in (1, 2) if picked > last)):
            yield ports, unseen


def ports_of(event: Event) -> tuple[int, ...]:
    return event.sport, event.dport, *event.inner[3:]


def _with_ports(connection: Connection, told: dict[int, int]) -> Connection:
    original, reply = (
        msgspec.structs.replace(each, sport=told.get(each.sport, each.sport), dport=told.get(each.dport, each.dport))
        for each in (connection.original, connection.reply)
    )
    return msgspec.structs.replace(connection, original=original, reply=reply)
