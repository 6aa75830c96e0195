"""The iptables package is upgraded: the kernel keeps the rules that it has.

If the alternative behind ``iptables`` becomes the other back end, only rules that somebody adds later go there.
"""

from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the same course; None if the host has no iptables."""
    return course if course.host.version("iptables") is not None else None


EVENT = Event(
    id="iptables-upgrade",
    title=message("the iptables package is upgraded"),
    source="iptables(8); update-alternatives(1); iptables' packages have no script that loads or flushes rules",
    happens=happens,
)
