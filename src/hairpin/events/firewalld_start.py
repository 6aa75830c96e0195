"""firewalld starts on a host on which it does not run: a host whose owner has stopped it, or has just installed it."""

from hairpin.events._firewalld import with_firewalld_started
from hairpin.events._zones import firewalld_of
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after firewalld has started; None if the host has none, or it runs."""
    firewalld = firewalld_of(course.host)
    return with_firewalld_started(course) if firewalld is not None and not firewalld.running else None


EVENT = Event(
    id="firewalld-start",
    title=message("firewalld is started (`systemctl start firewalld`)"),
    source="firewall/core/fw.py start()",
    happens=happens,
)
