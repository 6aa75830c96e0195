"""firewalld reads its files again: ``firewall-cmd --reload``, the scripts of packages, dockerd's first start beside it.

What somebody has opened at run time is gone, and so are other people's rules in the tables of iptables.
"""

from hairpin.events._firewalld import with_firewalld_reloaded
from hairpin.events._zones import firewalld_of
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the reload; None if the host has no firewalld that runs."""
    firewalld = firewalld_of(course.host)
    return with_firewalld_reloaded(course) if firewalld is not None and firewalld.running else None


EVENT = Event(
    id="firewalld-reload",
    title=message("firewalld reads its files again (`firewall-cmd --reload`)"),
    source="firewall-cmd(1) --reload; firewall/core/fw.py reload()",
    happens=happens,
)
