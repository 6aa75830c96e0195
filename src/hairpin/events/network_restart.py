"""``systemctl restart networking`` (ifupdown), or ``network`` (RHEL 6 and 7): the links of the files go down and up.

What somebody has given to such a link at run time is gone.  The links of the container engines are not theirs.
Debian's unit does not touch ``ip_forward``; RHEL's sets it to 0, and then to what the files say.
"""

from hairpin.events._ifupdown import with_links_down, with_links_up
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.ifupdown import INTERFACES, configured_by_ifupdown, interfaces
from hairpin.host.boot.rule_keeper import unit
from hairpin.message import message

_UNIT, _RHELS_UNIT = "networking", "network"


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the restart; None if there is no such unit here, or it manages no link."""
    scripts = unit(course.host, _RHELS_UNIT)
    if scripts is not None and scripts.active == "active":
        from hairpin.events._ifcfg import with_scripts_restarted  # noqa: PLC0415

        return with_scripts_restarted(course)
    found = unit(course.host, _UNIT)
    if course.host.units and (found is None or found.active != "active"):
        return None
    known = interfaces(course.host)
    was = course.namespace
    up = tuple(each for each in configured_by_ifupdown(course.host, known) if each != "lo")
    wanted = dict.fromkeys((*known.named(known.auto), *known.named(known.hotplug)))
    there = tuple(each for each in wanted if each != "lo")
    if not up and not there and not known.unread:
        return None
    if course.host.version("package:ifupdown2") is not None:
        course = course.provided(message("ifupdown2 configures the links of {file} as ifupdown does", file=INTERFACES))
    down = with_links_down(course.lacking(known.unread), known, up)
    return with_links_up(down, known, there, was)


EVENT = Event(
    id="network-restart",
    title=message("the network's unit restarts (`networking`, or RHEL's `network`)"),
    source="networking.service, ifup(8), interfaces(5); initscripts init.d/network",
    happens=happens,
)
