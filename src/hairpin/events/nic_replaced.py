"""A network card is replaced while the host is off: of the link behind the colon, else that of the default route.

The new card has another hardware address, and mostly another name.  What names the old one meets nothing: rules, sysctl
files, and the files by which the link has its addresses.
"""

import msgspec

from hairpin.change.change import DeleteEntry, RenameLink, SetLink
from hairpin.events._boot import with_boot
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.events.link_bounce import uplink
from hairpin.host.boot.configured_address import configured_links
from hairpin.host.link import Link
from hairpin.message import message

_NEW = "newnic0"
"""Stands for a name that nobody can know before, and that no rule and no file has."""
_LOCALLY_MADE = 0x02 << 40
"""The bit of a hardware address that no maker has given it."""


def happens(course: Course, name: str) -> Course | None:
    """Return the course after the boot with another card; None if the host has no such card."""
    link = course.namespace.link(name) if name else uplink(course)
    if link is None or not _is_card(link) or course.namespace.link(_NEW) is not None:
        return None
    return with_boot(_replaced(course, link))


def _is_card(link: Link) -> bool:
    return not link.kind and "LOOPBACK" not in link.flags and link.name != "lo"


def _replaced(course: Course, link: Link) -> Course:
    course = course.provided(
        message("the new card has another name than {link}, for which {name} stands here", link=link.name, name=_NEW)
    )
    netns, file = course.host.netns, dict(configured_links(course.host)).get(link.name)
    course = course.made(RenameLink(netns, link.name, _NEW))
    renamed = course.namespace.link(_NEW)
    assert renamed is not None
    course = course.made(SetLink(netns, msgspec.structs.replace(renamed, mac=(link.mac or 0) ^ _LOCALLY_MADE | 1)))
    if file is None:
        return course.provided(
            message("what configures {link} configures the new card in the same way", link=link.name)
        )
    return course.made(*(DeleteEntry(netns, each) for each in course.namespace.addresses if each.link == _NEW))


EVENT = Event(
    id="nic-replaced",
    title=message("a network card is replaced by another one"),
    source="systemd.link(5), systemd.net-naming-scheme(7), interfaces(5)",
    happens=happens,
    narrows="link",
)
