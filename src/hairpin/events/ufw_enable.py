"""``ufw enable`` where ufw is installed and was not enabled: its jumps go behind what is in the built-in chains.

On a host with an engine that is behind the engine's jumps, so what those accept never comes to ufw's rules.
"""

from hairpin.events._ufw import ufw_of, with_ufw_enabled, with_ufw_started
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after ufw has started; None if the host has none, or it is enabled.

    A ufw that does not start is not enabled either."""
    ufw = ufw_of(course.host)
    if ufw is None or ufw.enabled:
        return None
    started = with_ufw_started(course)
    return started if started.failures else with_ufw_enabled(started, enabled=True)


EVENT = Event(
    id="ufw-enable",
    title=message("ufw is switched on (`ufw enable`)"),
    source="ufw(8) enable; ufw/frontend.py set_enabled(), ufw-init-functions ufw_start()",
    happens=happens,
)
