"""The fates of the connections that are open when an event begins."""

from collections.abc import Callable, Iterable, Iterator

from hairpin.change.change import AddNamespace, DeleteNamespace, DeleteSocket, Forget
from hairpin.events.course import Course
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.netfilter.tracking import needs_tracking
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.walk.hooks.conntrack_room import tracked_versions
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
        from hairpin.events.alike_fates import AlikeFates

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
