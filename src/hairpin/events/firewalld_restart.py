"""firewalld stops and starts: an upgrade of its package, a tool of configuration.

What somebody has opened at run time is gone, and so are other people's rules in the tables of iptables.
"""

from hairpin.events._firewalld import with_firewalld_started, with_firewalld_stopped
from hairpin.events._zones import firewalld_of
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after firewalld has stopped and started; None if the host has none that runs."""
    firewalld, was = firewalld_of(course.host), course.host
    if firewalld is None or not firewalld.running:
        return None
    return with_firewalld_started(with_firewalld_stopped(course), was)


EVENT = Event(
    id="firewalld-restart",
    title=message("firewalld is restarted (`systemctl restart firewalld`)"),
    source="firewall/core/fw.py stop(), start()",
    happens=happens,
)
