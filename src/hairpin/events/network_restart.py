"""``systemctl restart networking`` (ifupdown): its links go down and come up as /etc/network/interfaces says.

What somebody has given to such a link at run time is gone.  The links of the container engines are not ifupdown's.
Debian's unit does not touch ``ip_forward``.
"""

from hairpin.events._ifupdown import with_links_down, with_links_up
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.ifupdown import INTERFACES, configured_by_ifupdown, interfaces
from hairpin.host.boot.rule_keeper import unit
from hairpin.message import message

_UNIT = "networking"


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the restart; None if ifupdown manages no link here."""
    found = unit(course.host, _UNIT)
    if course.host.units and (found is None or found.active != "active"):
        return None
    known = interfaces(course.host)
    was = course.namespace
    up = tuple(each for each in configured_by_ifupdown(course.host, known) if each != "lo")
    if not up and not known.stanzas:
        return None
    down = with_links_down(course.lacking(known.unread), known, up)
    wanted = tuple(dict.fromkeys((*known.named(known.auto), *known.named(known.hotplug))))
    there = tuple(each for each in wanted if each != "lo")
    return with_links_up(down, known, there, was)


EVENT = Event(
    id="network-restart",
    title=message("the network's unit restarts (`systemctl restart networking`)"),
    source=f"networking.service, ifup(8), interfaces(5): {INTERFACES}",
    happens=happens,
)
