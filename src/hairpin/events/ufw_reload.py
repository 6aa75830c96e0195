"""``ufw reload``, or a change of ufw's default policies: ufw stops and starts.

What somebody has put into ufw's own chains at run time is gone; the jumps to them stay where they are in the built-in
chains.
"""

from hairpin.events._ufw import ufw_of, with_ufw_enabled, with_ufw_started, with_ufw_stopped
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after ufw has stopped and started; None if the host has none that is enabled.

    A ufw that does not start again is no longer enabled."""
    ufw = ufw_of(course.host)
    if ufw is None or not ufw.enabled:
        return None
    started = with_ufw_started(with_ufw_stopped(course))
    return with_ufw_enabled(started, enabled=False) if started.failures else started


EVENT = Event(
    id="ufw-reload",
    title=message("ufw reads its files again (`ufw reload`)"),
    source="ufw(8) reload; ufw/frontend.py do_action(), ufw-init-functions ufw_stop(), ufw_start()",
    happens=happens,
)
