"""A container is stopped: of the name behind the colon, else all that run."""

from hairpin.events._containers import with_containers_ended
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, name: str) -> Course | None:
    """Return the course without the container; None if no such container runs."""
    stopping = [each for each in course.host.containers() if each.running and name in ("", each.name)]
    return with_containers_ended(course, stopping) if stopping else None


EVENT = Event(
    id="container-stop",
    title=message("containers are stopped"),
    source="docker-stop(1), podman-stop(1)",
    happens=happens,
    narrows="container",
)
