"""``ufw disable``: ufw's chains are empty, and the policies are ACCEPT, that of FORWARD which dockerd set included."""

from hairpin.events._ufw import ufw_of, with_ufw_enabled, with_ufw_stopped
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after ufw has stopped; None if the host has none that is enabled."""
    ufw = ufw_of(course.host)
    return with_ufw_enabled(with_ufw_stopped(course), enabled=False) if ufw is not None and ufw.enabled else None


EVENT = Event(
    id="ufw-disable",
    title=message("ufw is switched off (`ufw disable`)"),
    source="ufw(8) disable; ufw/frontend.py set_enabled(), ufw-init-functions ufw_stop()",
    happens=happens,
)
