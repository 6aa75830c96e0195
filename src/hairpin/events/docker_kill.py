"""dockerd is killed (out of memory, ``kill -9``): its proxies and resolvers end with it; containers and rules stay."""

from hairpin.events._dockerd import docker_of, with_dockerd_killed
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course without dockerd; None if the host has none that runs."""
    engine = docker_of(course.host)
    return with_dockerd_killed(course) if engine is not None and engine.running else None


EVENT = Event(
    id="docker-kill",
    title=message("dockerd is killed"),
    source="moby cmd/docker-proxy/main_linux.go, daemon/daemon.go",
    happens=happens,
)
