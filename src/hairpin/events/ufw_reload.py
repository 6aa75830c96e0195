"""``ufw reload``, or a change of ufw's default policies: ufw stops and starts.

What somebody has put into ufw's own chains at run time is gone; the jumps to them stay where they are in the built-in
chains.
"""

from hairpin.events._ufw import with_ufw_started, with_ufw_stopped
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after ufw has stopped and started; None if the host has none that is enabled."""
    ufw = course.host.ufw
    return with_ufw_started(with_ufw_stopped(course)) if ufw is not None and ufw.enabled else None


EVENT = Event(
    id="ufw-reload",
    title=message("ufw reads its files again (`ufw reload`)"),
    source="ufw(8) reload; ufw/frontend.py do_action(), ufw-init-functions ufw_stop(), ufw_start()",
    happens=happens,
)
