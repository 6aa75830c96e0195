"""A link goes down and comes up again: of the name behind the colon, else that of the default route.

The kernel deletes the routes by the link and its IPv6 addresses. It puts the connected routes back; a default route, a
route that somebody has added and a global IPv6 address come back only if a program that manages the link gives them.
"""

import msgspec

from hairpin.change.change import SetLink
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.link import Link
from hairpin.message import message

_MANAGERS = ("NetworkManager", "systemd-networkd")


def happens(course: Course, name: str) -> Course | None:
    """Return the course after the link was down; None if there is no such link, or it is down already."""
    link = course.namespace.link(name) if name else uplink(course)
    if link is None or not link.up:
        return None
    netns = course.host.netns
    bounced = course.made(SetLink(netns, msgspec.structs.replace(link, up=False)), SetLink(netns, link))
    managers = [each for each in _MANAGERS if (found := unit(course.host, each)) and found.active == "active"]
    said = (
        message("{manager} gives {link} nothing back that it has lost", manager=each, link=link.name)
        for each in managers
    )
    return bounced.provided(*said)


def uplink(course: Course) -> Link | None:
    """Return the link by which the host's default route leads."""
    defaults = (each for each in course.namespace.routes if not each.prefix_length and each.type == "unicast")
    names = (hop.link for route in defaults for hop in route.next_hops if hop.link is not None)
    return next((found for name in names if (found := course.namespace.link(name)) is not None), None)


EVENT = Event(
    id="link-bounce",
    title=message("a link goes down and comes up again"),
    source="net/ipv4/fib_frontend.c fib_disable_ip(), net/ipv6/addrconf.c addrconf_ifdown()",
    happens=happens,
    narrows="link",
)
