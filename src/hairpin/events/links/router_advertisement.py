"""IPv6 addresses and routes from router advertisements expire on links that accept no new advertisements.

If ``forwarding`` is on and ``accept_ra`` is not 2, the kernel ignores router advertisements.  A default route from
router advertisements is gone some hours after dockerd or an administrator has switched forwarding on.
"""

from collections.abc import Iterator

from hairpin.change.change import DeleteEntry, Primitive
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.advertised import ignores_advertisements
from hairpin.host.boot.rule_keeper import unit
from hairpin.message import message
from hairpin.programs import units_of

_SLAAC_LENGTH = 64


def _lifetimes_end(course: Course) -> Course | None:
    """Return the course without the addresses and routes that expire.

    Return None if no address and no route expires, or if every link accepts new advertisements."""
    deaf = [each.name for each in course.namespace.links if ignores_advertisements(course.namespace, each.name)]
    parts = [part for link in deaf for part in _expired(course, link)]
    if not parts:
        return None
    for name in units_of("links"):
        found = unit(course.host, name)
        if found is not None and found.active == "active":
            course = course.provided(
                message("the kernel, not {manager}, processes router advertisements", manager=name)
            )
    for part in parts:
        course = course.made(part) if _is_there(course, part) else course
    return course


def _expired(course: Course, link: str) -> Iterator[Primitive]:
    """Yield the deletions of the advertised routes, and of the addresses from an advertised prefix."""
    namespace = course.namespace
    for route in namespace.routes:
        if route.version == 6 and route.protocol == "ra" and any(hop.link == link for hop in route.next_hops):
            yield DeleteEntry(course.host.netns, route)
    for each in namespace.addresses:
        made = each.version == 6 and each.dynamic and each.prefix_length == _SLAAC_LENGTH
        if made and each.link == link:
            yield DeleteEntry(course.host.netns, each)


def _is_there(course: Course, part: Primitive) -> bool:
    """Return whether the entry still exists: the kernel may have deleted it together with another entry."""
    return isinstance(part, DeleteEntry) and part.entry in (*course.namespace.routes, *course.namespace.addresses)


ROUTER_ADVERTISEMENT_EXPIRED = Event(
    id="router-advertisement-expired",
    title=message("the lifetimes of addresses and routes from router advertisements end"),
    source="RFC 4861 6.3.5, RFC 4862 5.5.4; net/ipv6/ndisc.c ndisc_router_discovery()",
    happens=_lifetimes_end,
)
