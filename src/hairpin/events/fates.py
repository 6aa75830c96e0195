"""The fates of the connections that are open when an event begins.  Alike flows share one fate, so only one of them is
examined.

Flows are alike here if three conditions hold.  The flows are alike before the event and after it (network/kinds).
Their containers keep their own values.  The event replaces the same parts of each container.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

from hairpin.change.change import AddNamespace, DeleteNamespace, DeleteSocket, Forget
from hairpin.events.course import Course
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow
from hairpin.network.kinds.forms import form_of
from hairpin.network.kinds.kinds import kinds_of
from hairpin.network.kinds.own_values import Owner
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.walk.hooks.conntrack_room import needs_tracking, tracked_versions
from hairpin.walk.open_connection import Fate, Replaced, ends, fate

_FEW = 8
"""For at most this number of flows, each connection is walked.  The search for alike flows would take as long as the
walks."""


def fate_of_open(was: Network, course: Course, flow: Flow) -> Fate:
    """Return the fate of the flow's connection, which is open when the event begins."""
    return next(fates_of_open(was, course, (flow,)))


def fates_of_open(was: Network, course: Course, flows: Iterable[Flow], *, anew: bool = False) -> Iterator[Fate]:
    """Yield the fate of each flow's connection.

    ``anew``: as for ``walk.open_connection.fate``.  If ``anew`` is true, each connection is walked."""
    flows = tuple(flows)
    fates: dict[Version, Callable[[Flow], Fate]] = {}
    for flow in flows:
        if course.cuts_all:
            yield "lost"
            continue
        if flow.version not in fates:
            replaced = _replaced(was, course, flow.version)
            fates[flow.version] = _fates(was, course, replaced, anew=anew, alone=anew or len(flows) <= _FEW)
        yield fates[flow.version](flow)


def _fates(was: Network, course: Course, replaced: Replaced, *, anew: bool, alone: bool) -> Callable[[Flow], Fate]:
    """Return the function that gives a connection's fate.

    ``alone``: whether each fate is computed separately.  If ``alone`` is false, alike flows share one fate."""
    if not alone:
        return AlikeFates(was, course, replaced).of

    def own_fate(flow: Flow) -> Fate:
        if course.conditions:
            return "lost" if ends(was, flow, replaced) else "depends"
        return fate(was, course.network, flow, replaced, anew=anew)

    return own_fate


def _replaced(was: Network, course: Course, version: Version) -> Replaced:
    gone = frozenset(part.netns for part in course.parts if isinstance(part, DeleteNamespace))
    made = frozenset(Netns(part.host, part.namespace.name) for part in course.parts if isinstance(part, AddNamespace))
    return Replaced(
        namespaces=gone | made, sockets=tuple(_closed(course)), forgetful=frozenset(_forgetful(was, course, version))
    )


def _closed(course: Course) -> Iterator[tuple[Netns, Socket]]:
    for part in course.parts:
        if isinstance(part, DeleteSocket):
            yield part.netns, part.socket


def _forgetful(was: Network, course: Course, version: Version) -> Iterator[Netns]:
    """Yield the namespaces that lose the connections of this IP version.

    A namespace loses its connections if its conntrack table is emptied, if the last rule that needs connection tracking
    is deleted, or if the first such rule is added."""
    for part in course.parts:
        if isinstance(part, Forget) and part.what == "connections":
            yield part.netns
    for netns, namespace in course.network.namespaces():
        if netns in was and was.namespace(netns) is not namespace:
            tracked = version in tracked_versions(was.namespace(netns))
            if tracked is not needs_tracking(namespace.ruleset, version):
                yield netns


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
