"""``systemctl reload docker`` (SIGHUP): dockerd reads a few keys of daemon.json again.

None of them is about rules, sysctls, links or containers that run.
"""

from hairpin.events._dockerd import docker_of
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the same course; None if the host has no Docker that runs."""
    engine = docker_of(course.host)
    return course if engine is not None and engine.running else None


EVENT = Event(
    id="docker-reload",
    title=message("dockerd reads its configuration again"),
    source="dockerd(8), Configuration reload behavior; moby daemon/reload.go Reload()",
    happens=happens,
)
