"""Which events can happen on a host, and the course of the event that a question asks about."""

from collections.abc import Iterator

from hairpin.errors import ChangeError, UsageError
from hairpin.events.course import Course
from hairpin.events.event import Event, EventId
from hairpin.events.registry import all_events, event_of
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.question.asked import AskedEvent
from hairpin.question.hosts import host_named

TYPED = "a terminal"
"""The source of commands that a user types, for which there is no file."""


def possible_events(network: Network, label: str) -> Iterator[tuple[Event, Course]]:
    """Yield each event that can happen on the host, with its course."""
    for event in all_events():
        course = _course(event, network, label, "")
        if course is not None:
            yield event, course


def course_of(network: Network, label: str, wanted: EventId, name: str = "") -> Course | None:
    """Return the course of the event on the host; None if the event cannot happen there.

    ``name``: the container or link that the event is for; empty if the event is for all containers or links."""
    return _course(event_of(wanted), network, label, name)


def asked_course(network: Network, asked: AskedEvent) -> tuple[Event, Course]:
    """Return the event that the question names, and its course.

    Raises UsageError if there is no event with this id, if a name is given although the event takes no name, or if the
    event cannot happen on this host."""
    host = host_named(network, asked.host)
    event = next((each for each in all_events() if each.id == asked.id), None)
    if event is None:
        raise _unknown(asked.id)
    if asked.name and event.by_name is None:
        raise UsageError(message("the event {event} takes no name: write only {event}", event=event.id))
    course = _course(event, network, host.name, asked.name)
    if course is None:
        raise UsageError(_impossible(event, asked, network, host.name))
    return event, course


def _course(event: Event, network: Network, label: str, name: str) -> Course | None:
    course, narrowed = Course(network, label), event.by_name
    try:
        return event.happens(course) if narrowed is None or not name else narrowed.happens(course, name)
    except ChangeError:
        return None


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, [each.id for each in all_events()], 1)
    known = ", ".join(each.id for each in all_events())
    if near:
        return UsageError(message("no event {event!r}; did you mean {near}?", event=name, near=near[0]))
    return UsageError(message("no event {event!r}; the events are {known}", event=name, known=known))


def _impossible(event: Event, asked: AskedEvent, network: Network, label: str) -> Message:
    if asked.name:
        return message(
            "{event} cannot happen here: {name} does not exist or does not run", event=event.id, name=asked.name
        )
    possible = ", ".join(each.id for each, _ in possible_events(network, label))
    return message("{event} cannot happen on this host; possible events: {possible}", event=event.id, possible=possible)


def course_of_commands(network: Network, label: str, commands: str) -> Course | None:
    """Return the course after the commands that a user typed; None if one of the commands is not plain, or fails."""
    from hairpin.events._commands import outcome

    try:
        done = outcome(Course(network, label), commands, TYPED)
    except ChangeError:
        return None
    return done.course if done is not None and done.succeeds else None
