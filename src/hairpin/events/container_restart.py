"""A container is restarted: of the name behind the colon, else each that runs, one after another.

Its namespace is made anew: what somebody has changed in there is gone.  It gets the first free address.
"""

from hairpin.events._containers import with_container_ended, with_container_started
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, name: str) -> Course | None:
    """Return the course after the container has ended and started; None if no such container runs."""
    was = course.host
    restarting = [each for each in was.containers() if each.running and name in ("", each.name)]
    for each in restarting:
        course = with_container_started(with_container_ended(course, each), was, each)
    return course if restarting else None


EVENT = Event(
    id="container-restart",
    title=message("containers are restarted"),
    source="docker-restart(1), podman-restart(1)",
    happens=happens,
    narrows="container",
)
