"""Ports that the kernel draws where any free one will do: which of them were seen, and which stand for unseen ones."""

from collections.abc import Iterator

import msgspec

from hairpin.netfilter.packet import Connection
from tests.fidelity.expected.branches import Branch
from tests.fidelity.testbed.events import Event


def with_hidden(branch: Branch, seen: tuple[Event, ...], hidden: set[int], hidden_inside: set[int]) -> Branch:
    """Return the branch with the kernel's ports for those that stand for ``hidden`` ones: where ports were drawn twice
    for one packet, nobody has seen the first; nor the only one of a packet that comes to rest nowhere, which the error
    about it may show (``hidden_inside``).  What an answer shows of them holds for its connections, too."""
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
    """Yield the ports that have been seen, in the order in which draws may have taken them, and how many draws of
    ``picked`` were before: of what goes round only the last port is seen; in an error about it the one before."""
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
