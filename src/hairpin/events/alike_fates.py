"""Finds the fates of the open connections of many flows.  Alike flows share one fate, so only one of them is examined.

Flows are alike here if three conditions hold.  The flows are alike before the event and after it (network/kinds).
Their containers keep their own values.  The event replaces the same parts of each container.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping

from hairpin.events.course import Course
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow
from hairpin.network.kinds.forms import form_of
from hairpin.network.kinds.kinds import kinds_of
from hairpin.network.kinds.own_values import Owner
from hairpin.network.network import Network
from hairpin.walk.open_connection import Fate, Replaced, ends, fate


class AlikeFates:
    """The fates of the connections of one IP version.

    ``replaced``: the namespaces and sockets that the event replaces."""

    def __init__(self, was: Network, course: Course, replaced: Replaced) -> None:
        self._was, self._course, self._replaced = was, course, replaced
        self._sockets = _by_values(self._replaced)
        self._of_owners: dict[str, tuple[Hashable, ...]] = {}
        self._ends: dict[Hashable, bool] = {}
        self._known: dict[Hashable, Fate] = {}

    def of(self, flow: Flow) -> Fate:
        """Return the fate of the flow's connection."""
        was, now = self._was, self._course.network
        before = kinds_of(was).of_flow(flow, was.this.name)
        owners = kinds_of(was).owners(flow, was.this.name) if before is not None else ()
        kind = before if before is None else (before, *map(self._replaced_of, owners))
        if kind is None or kind not in self._ends:
            self._ends[kind] = ends(was, flow, self._replaced)
        if self._ends[kind]:
            return "lost"
        if self._course.conditions:
            return "depends"
        after = kinds_of(now).of_flow(flow, now.this.name) if kind is not None else None
        then = kinds_of(now).owners(flow, now.this.name) if after is not None else ()
        if kind is None or after is None or [each.values for each in owners] != [each.values for each in then]:
            return fate(was, now, flow, self._replaced)
        if (kind, after) not in self._known:
            self._known[kind, after] = fate(was, now, flow, self._replaced)
        return self._known[kind, after]

    def _replaced_of(self, owner: Owner) -> tuple[Hashable, ...]:
        """Return the parts of the container that the event replaces, without values that only this container has."""
        known = self._of_owners
        if owner.container.id not in known:
            known[owner.container.id] = tuple(self._forms_replaced(owner))
        return known[owner.container.id]

    def _forms_replaced(self, owner: Owner) -> Iterator[Hashable]:
        host, values = owner.host.name, owner.values
        for name, own in values.get("netns", {}).items():
            for replaced in (self._replaced.namespaces, self._replaced.forgetful):
                yield own, Netns(host, str(name)) in replaced
        own_values = (value for held in values.values() for value in held)
        for netns, socket in dict.fromkeys(each for value in own_values for each in self._sockets.get(value, ())):
            yield form_of(netns, values), form_of(socket, values)


def _by_values(replaced: Replaced) -> Mapping[int | str, list[tuple[Netns, Socket]]]:
    """Return the closed sockets by each value of a socket that may differ from container to container."""
    found: dict[int | str, list[tuple[Netns, Socket]]] = defaultdict(list)
    for netns, socket in replaced.sockets:
        relay = socket.relay
        of_relay = (relay.address, relay.port, relay.netns) if relay is not None else ()
        for value in (netns.name, socket.address, socket.port, socket.device, socket.container, *of_relay):
            if value is not None:
                found[value].append((netns, socket))
    return found
