"""The courses of the events that come by themselves or in the ordinary maintenance of a host."""

from collections.abc import Iterable, Iterator

from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.happening import course_of
from hairpin.events.registry import events_by_themselves
from hairpin.host.host import Host
from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network


def courses_to_come(network: Network, flows: Iterable[Flow]) -> tuple[tuple[str, EventId, Course], ...]:
    """Return the course of each event that comes by itself on a host, with the host's label.  Events for which a
    reading is missing are not returned.

    If all flows are for one container, hairpin looks only at this container's restart, because other restarts do not
    affect these flows."""
    names = {each.of_container or "" for each in flows}
    only = tuple(names) if len(names) == 1 else ("",)
    known = _courses(network)
    if only not in known:
        known[only] = _made(network, only)
    return known[only]


@kept
def _courses(network: Network) -> dict[tuple[str, ...], tuple[tuple[str, EventId, Course], ...]]:  # noqa: ARG001
    return {}


def _made(network: Network, only: tuple[str, ...]) -> tuple[tuple[str, EventId, Course], ...]:
    return tuple(
        (host.name, event, course)
        for host in network.hosts
        if host.was_read
        for event, course in courses_on(network, host, only)
        if not course.missing
    )


def _shares(host: Host, name: str) -> bool:
    """Return whether the container shares its network with other containers."""
    container = host.container(name) if name else None
    return container is not None and bool(host.sharers_of(host.network_owner(container)))


def courses_on(network: Network, host: Host, only: tuple[str, ...] = ("",)) -> Iterator[tuple[EventId, Course]]:
    """Yield the course of each event that comes by itself on the host, the narrowest first.

    ``only``: the names of the containers to restart.  Each name has a separate course.  An empty name means one course
    in which all containers are restarted.

    Containers that share a network namespace are usually restarted together (compose: depends_on)."""
    only = tuple("" if _shares(host, name) else name for name in only)
    for event in events_by_themselves():
        if not event.comes_on(host):
            continue
        for name in only if event.by_name is not None and event.by_name.what == "container" else ("",):
            course = course_of(network, host.name, event.id, name)
            if course is not None:
                yield event.id, course
