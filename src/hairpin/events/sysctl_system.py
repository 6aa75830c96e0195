"""``sysctl --system``, or a restart of systemd-sysctl: by hand, by a package, by a tool of configuration.

What a file sets is set again, whatever has changed since the start; what no file names stays.
"""

from hairpin.events._sysctls import with_files_applied
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course:
    """Return the course after the files were applied."""
    return with_files_applied(course)


EVENT = Event(
    id="sysctl-system",
    title=message("the sysctl files are applied again (`sysctl --system`)"),
    source="sysctl(8) --system, systemd-sysctl.service(8), sysctl.d(5)",
    happens=happens,
)
