"""The saved rules are loaded again: netfilter-persistent or iptables-services is restarted.

Every table that a file names is replaced as a whole, with what an engine has in it.
"""

from hairpin.events._tables import with_saved_rules
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.rule_keeper import RULES_V4, RULES_V6, SYSCONFIG_V4, SYSCONFIG_V6, unit
from hairpin.host.managers import ConfigFile
from hairpin.message import message
from hairpin.netfilter.rule_address import IpFamily

_FILES: tuple[tuple[str, IpFamily, str], ...] = (
    ("netfilter-persistent", "ip", RULES_V4),
    ("netfilter-persistent", "ip6", RULES_V6),
    ("iptables", "ip", SYSCONFIG_V4),
    ("ip6tables", "ip6", SYSCONFIG_V6),
)


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the files were loaded; None if the host has neither program, or no file."""
    files: tuple[tuple[ConfigFile, IpFamily], ...] = tuple(
        (file, family)
        for name, family, path in _FILES
        if unit(course.host, name) is not None
        for file in course.host.files
        if file.path == path
    )
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
