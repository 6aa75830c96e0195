"""The host is rebooted: by an administrator, into a new kernel, or by its cloud.

A reboot deletes rules, sets, sysctls and connections.  Files, units and engines restore most of them.
"""

import msgspec

from hairpin.change.change import ChangeWorld
from hairpin.events.boot._boot import with_boot
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message
from hairpin.network.prefix import address_text


def _upgraded(course: Course) -> Course:
    """Return the course after the boot of the new kernel.

    Until the reboot, the new kernel changes the treatment of no packet.  But the packages of the new kernel may delete
    the running kernel's modules.  Without these modules, a rule, bridge or tunnel that needs an unloaded module can be
    made only after the reboot."""
    return with_boot(course).provided(
        message("the new kernel has the same modules as the running kernel {release}, and behaves in the same way",
                release=course.namespace.kernel or course.host.kernel or "?")
    )  # fmt: skip


def _stopped_and_started(course: Course) -> Course | None:
    """Return the course after the boot without the ephemeral public addresses; None if the machine is in no cloud.

    A reserved public address stays.  The private address stays in all clouds that hairpin knows."""
    world, label = course.network.world, course.label
    first = course.network.this.name == label
    lent = tuple(each for each in world.publics if each.host == label or (first and not each.host))
    if course.host.cloud is None and not course.host.cloud_addresses and not lent:
        return None
    course = with_boot(course)
    course = course.with_host(msgspec.structs.replace(course.host, cloud_addresses=()))
    for each in lent:
        course = course.provided(
            message("the public address {public} is not reserved, so the cloud gives the machine another address",
                    public=address_text(each.public, each.version)),
        )  # fmt: skip
    if lent:
        others = tuple(each for each in world.publics if each not in lent)
        advice = message("reserve the public address")
        course = course.made(ChangeWorld(msgspec.structs.replace(world, publics=others), advice))
    return course.provided(message("the machine has its private addresses again"))


REBOOT = Event(
    id="reboot",
    title=message("the host is rebooted"),
    source="bootup(7); the units, files and engines that the boot consists of",
    happens=with_boot,
    command="systemctl reboot",
)
KERNEL_UPGRADE = Event(
    id="kernel-upgrade",
    title=message("the kernel is upgraded, and the host is rebooted"),
    source="modprobe(8), kernel-install(8); bootup(7)",
    happens=_upgraded,
)
CLOUD_STOP_START = Event(
    id="cloud-stop-start",
    title=message("the cloud stops the machine and starts it again"),
    source="the clouds' documentation of public addresses of machines that are stopped; bootup(7)",
    happens=_stopped_and_started,
)
