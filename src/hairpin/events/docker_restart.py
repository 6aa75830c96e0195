"""dockerd is restarted (``systemctl restart docker``, an upgrade of its package).

Without live-restore the containers stop; those with a restart policy start again, with addresses that are free then.
"""

from hairpin.events._dockerd import docker_of, with_dockerd_started, with_dockerd_stopped
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after dockerd has ended and started; None if the host has none that runs."""
    engine, was = docker_of(course.host), course.host
    if engine is None or not engine.running:
        return None
    return with_dockerd_started(with_dockerd_stopped(course, engine), was)


EVENT = Event(
    id="docker-restart",
    title=message("dockerd is restarted"),
    source="moby daemon/daemon.go Shutdown(), restore(); libnetwork/drivers/bridge/bridge_linux.go initStore()",
    happens=happens,
)
