"""The courses of the events that come by themselves or in the ordinary maintenance of a host."""

from collections.abc import Iterable, Iterator

from hairpin.errors import ChangeError
from hairpin.events.aftermath import asked_again
from hairpin.events.course import Course
from hairpin.events.event import Event, EventId
from hairpin.events.happening import course_of
from hairpin.events.registry import events_by_themselves
from hairpin.host.host import Host
from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.walked import walked

_FEWEST = 3
"""Alike containers are searched only if the host has at least this number of containers."""


def courses_to_come(network: Network, flows: Iterable[Flow]) -> tuple[tuple[str, EventId, Course], ...]:
    """Return the course of each event that comes by itself on a host, with the host's label.  Events for which a
    reading is missing are not returned.

    If all flows are for one container, hairpin looks only at this container's restart, because other restarts do not
    affect these flows."""
    asked = tuple(flows)
    known = _courses(network)
    if asked not in known:
        known[asked] = _made(network, asked)
    return known[asked]


@kept
def _courses(network: Network) -> dict[tuple[Flow, ...], tuple[tuple[str, EventId, Course], ...]]:  # noqa: ARG001
    return {}


def _made(network: Network, flows: tuple[Flow, ...]) -> tuple[tuple[str, EventId, Course], ...]:
    names = {each.of_container or "" for each in flows}
    only = tuple(names) if len(names) == 1 else ("",)
    return tuple(
        (host.name, event, course)
        for host in network.hosts
        if host.was_read
        for event, course in courses_on(network, host, only, flows)
        if not course.missing
    )


def _shares(host: Host, name: str) -> bool:
    """Return whether the container shares its network with other containers."""
    container = host.container(name) if name else None
    return container is not None and bool(host.sharers_of(host.network_owner(container)))


def courses_on(
    network: Network, host: Host, only: tuple[str, ...] = ("",), flows: tuple[Flow, ...] = ()
) -> Iterator[tuple[EventId, Course]]:
    """Yield the course of each event that comes by itself on the host, the narrowest first.

    ``only``: the names of the containers to restart.  Each name has a separate course.  An empty name means one course
    in which all containers are restarted.  If ``flows`` are given, this course may restart only the first of several
    alike containers, as long as the restart changes the verdict of none of these flows.

    Containers that share a network namespace are usually restarted together (compose: depends_on)."""
    only = tuple("" if _shares(host, name) else name for name in only)
    for event in events_by_themselves(host):
        for name in only if event.by_name is not None and event.by_name.what == "container" else ("",):
            course = _of_firsts(network, host, event, flows) if flows and not name else None
            if course is None:
                course = course_of(network, host.name, event.id, name)
            if course is not None:
                yield event.id, course


def _of_firsts(network: Network, host: Host, event: Event, flows: tuple[Flow, ...]) -> Course | None:
    """Return the course of the event for the first container of each kind.

    Return None in three cases: the event does not happen to containers one by one, no containers are alike, or the
    event changes the verdict of a flow.  In the last case the answer has to name all alike containers."""
    to_some = event.by_name.to_some if event.by_name is not None else None
    count = sum(1 for _ in host.containers())
    if to_some is None or count < _FEWEST:
        return None
    from hairpin.network.kinds.kinds import kinds_of

    firsts = kinds_of(network).firsts(host)
    if len(firsts) == count:
        return None
    try:
        course = to_some(Course(network, host.name), {each.name for each in firsts})
    except ChangeError:
        return None
    if course is None or course.conditions or course.failures:
        return None
    after = ((flow, asked_again(network, course.network, flow)) for flow in flows)
    return course if all(walked(network, a).verdict == walked(course.network, b).verdict for a, b in after) else None
