"""IPv4 forwarding is switched off and on again, which the kernel copies to every interface.

Source: net/ipv4/devinet.c inet_forward_change(): only a value that differs is copied
"""

from hairpin.change.change import SetSysctl
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.sysctl import Path
from hairpin.message import message

_FORWARDING: Path = ("net", "ipv4", "ip_forward")


def happens(course: Course, _name: str) -> Course:
    """Return the course in which every interface forwards."""
    netns = course.host.netns
    return course.made(SetSysctl(netns, _FORWARDING, "0"), SetSysctl(netns, _FORWARDING, "1"))


EVENT = Event(
    id="forwarding-toggle",
    title=message("IPv4 forwarding is switched off and on again"),
    source="Documentation/networking/ip-sysctl.rst ip_forward; net/ipv4/devinet.c inet_forward_change()",
    happens=happens,
)
