"""A link goes down and up again, or a card is replaced while the host is off: the link named after the event id's
colon, or the link of the default route if there is no name."""

import msgspec

from hairpin.change.change import DeleteEntry, RenameLink, SetLink
from hairpin.events.boot._boot import with_boot
from hairpin.events.course import Course
from hairpin.events.event import ByName, Event
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.link import Link
from hairpin.message import message
from hairpin.programs import units_of

_NEW = "newnic0"
"""A placeholder for the new link's name, which cannot be known in advance.

No rule and no file contains the placeholder."""
_LOCALLY_MADE = 0x02 << 40
"""The bit that marks a hardware address as locally administered."""


def _bounced(course: Course, name: str = "") -> Course | None:
    """Return the course after the link went down and up; None if the host has no such link or the link is down already.

    The kernel deletes the link's routes and IPv6 addresses, and restores only the connected routes.  A default route,
    an added route and a global IPv6 address come back only if the program that manages the link adds them again."""
    link = course.namespace.link(name) if name else _uplink(course)
    if link is None or not link.up:
        return None
    netns = course.host.netns
    bounced = course.made(SetLink(netns, msgspec.structs.replace(link, up=False)), SetLink(netns, link))
    managers = [each for each in units_of("links") if (found := unit(course.host, each)) and found.active == "active"]
    said = (
        message("{manager} restores nothing that {link} has lost", manager=each, link=link.name) for each in managers
    )
    return bounced.provided(*said)


def _uplink(course: Course) -> Link | None:
    """Return the link of the host's default route."""
    defaults = (each for each in course.namespace.routes if not each.prefix_length and each.type == "unicast")
    names = (hop.link for route in defaults for hop in route.next_hops if hop.link is not None)
    return next((found for name in names if (found := course.namespace.link(name)) is not None), None)


def _replaced(course: Course, name: str = "") -> Course | None:
    """Return the course after the boot with another card; None if the host has no card of this name.

    The new card has another hardware address, and usually another name.  Rules, sysctl files and network files that
    name the old card have no effect."""
    link = course.namespace.link(name) if name else _uplink(course)
    if link is None or not _is_card(link) or course.namespace.link(_NEW) is not None:
        return None
    return with_boot(_with_new_card(course, link))


def _is_card(link: Link) -> bool:
    return not link.kind and "LOOPBACK" not in link.flags and link.name != "lo"


def _with_new_card(course: Course, link: Link) -> Course:
    from hairpin.host.boot.configured_address import configured_links

    course = course.provided(
        message("the new card has a name other than {link} ({name} stands for it here)", link=link.name, name=_NEW)
    )
    netns, file = course.host.netns, dict(configured_links(course.host)).get(link.name)
    course = course.made(RenameLink(netns, link.name, _NEW))
    renamed = course.namespace.link(_NEW)
    assert renamed is not None
    course = course.made(SetLink(netns, msgspec.structs.replace(renamed, mac=(link.mac or 0) ^ _LOCALLY_MADE | 1)))
    if file is None:
        return course.provided(
            message("the program that configures {link} configures the new card in the same way", link=link.name)
        )
    return course.made(*(DeleteEntry(netns, each) for each in course.namespace.addresses if each.link == _NEW))


LINK_BOUNCE = Event(
    id="link-bounce",
    title=message("a link goes down and comes up again"),
    source="net/ipv4/fib_frontend.c fib_disable_ip(), net/ipv6/addrconf.c addrconf_ifdown()",
    happens=_bounced,
    by_name=ByName("link", _bounced),
)
NIC_REPLACED = Event(
    id="nic-replaced",
    title=message("a network card is replaced by another one"),
    source="systemd.link(5), systemd.net-naming-scheme(7), interfaces(5)",
    happens=_replaced,
    by_name=ByName("link", _replaced),
)
