"""``iptables -F`` and ``iptables -t nat -F``, typed or in a script: the chains are empty, the policies stay."""

from hairpin.events._tables import dialect_of, flushing
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course in which every chain of IPv4's tables filter and nat is empty; None if iptables has none."""
    dialect = dialect_of(course)
    if all(table.dialect != dialect for table in course.namespace.ruleset.tables):
        return None
    return course.made(*flushing(course, "ip", ("filter", "nat")))


EVENT = Event(
    id="iptables-flush",
    title=message("somebody flushes the rules (`iptables -F; iptables -t nat -F`)"),
    source="iptables(8) -F",
    happens=happens,
)
