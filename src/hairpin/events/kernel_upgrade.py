"""The kernel's package is upgraded, and the host reboots into the new kernel.

Until the reboot no packet meets anything new.  But packages may take the running kernel's modules off the disk: a rule,
a bridge or a tunnel that needs a module that is not loaded cannot be made until then.
"""

from hairpin.events._boot import with_boot
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course:
    """Return the course after the boot of the new kernel."""
    return with_boot(course).provided(
        message("the new kernel has the modules of the running one, {release}, and does the same by itself",
                release=course.namespace.kernel or course.host.kernel or "?")
    )  # fmt: skip


EVENT = Event(
    id="kernel-upgrade",
    title=message("the kernel is upgraded, and the host rebooted"),
    source="modprobe(8), kernel-install(8); bootup(7)",
    happens=happens,
)
