"""dockerd is stopped (``systemctl stop docker``): without live-restore it stops its containers before it ends.

With them go their rules and proxies.  The engine's chains, jumps and bridges stay.
"""

from hairpin.events._dockerd import docker_of, with_dockerd_stopped
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course without dockerd; None if the host has none that runs."""
    engine = docker_of(course.host)
    return with_dockerd_stopped(course, engine) if engine is not None and engine.running else None


EVENT = Event(
    id="docker-stop", title=message("dockerd is stopped"), source="moby daemon/daemon.go Shutdown()", happens=happens
)
