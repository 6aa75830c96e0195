"""The host is rebooted: rules, sets, sysctls and connections are gone, and come back by files, units and engines."""

from hairpin.events._boot import with_boot
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the host has booted."""
    return with_boot(course)


EVENT = Event(
    id="reboot",
    title=message("the host is rebooted"),
    source="bootup(7); the units, files and engines that the boot consists of",
    happens=happens,
)
