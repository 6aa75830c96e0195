"""The saved rules are loaded again: netfilter-persistent or iptables-services is restarted.

Every table that a file names is replaced as a whole, with what an engine has in it.
"""

from hairpin.events._tables import with_saved_rules
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.rule_keeper import saved_files
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the files were loaded; None if the host has neither program, or no file."""
    files = tuple(saved_files(course.host))
    if not files:
        return None
    for file, family in files:
        course = with_saved_rules(course, file, family)
    return course


EVENT = Event(
    id="saved-rules-restore",
    title=message("the saved rules are loaded again (netfilter-persistent or iptables-services)"),
    source="netfilter-persistent(8), iptables-restore(8); iptables-persistent plugins.d/15-ip4tables",
    happens=happens,
)
