"""The machine is stopped and started by its cloud: it boots, and the public address that was lent to it is another one.

A public address that somebody has reserved stays, and so does the private address in the clouds that hairpin knows.
"""

import msgspec

from hairpin.change.change import ChangeWorld
from hairpin.events._boot import with_boot
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message
from hairpin.network.prefix import address_text


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the boot, without the public addresses; None on a machine of no cloud."""
    world, label = course.network.world, course.label
    first = course.network.this.name == label
    lent = tuple(each for each in world.publics if each.host == label or (first and not each.host))
    if course.host.cloud is None and not course.host.cloud_addresses and not lent:
        return None
    course = with_boot(course)
    course = course.with_host(msgspec.structs.replace(course.host, cloud_addresses=()))
    for each in lent:
        course = course.provided(
            message("the public address {public} is lent, not reserved, so that the cloud gives another one",
                    public=address_text(each.public, each.version)),
        )  # fmt: skip
    if lent:
        others = tuple(each for each in world.publics if each not in lent)
        advice = message("reserve the public address")
        course = course.made(ChangeWorld(msgspec.structs.replace(world, publics=others), advice))
    return course.provided(message("the machine has its private addresses again"))


EVENT = Event(
    id="cloud-stop-start",
    title=message("the cloud stops the machine, and starts it"),
    source="the clouds' documentation of public addresses of machines that are stopped; bootup(7)",
    happens=happens,
)
