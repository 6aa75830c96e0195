"""``conntrack -F``: the kernel forgets every connection.

An open connection goes on if its next packet is let in as a new one and translated as before.
"""

from hairpin.change.change import Forget
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course:
    """Return the course without connections."""
    return course.made(Forget(course.host.netns, "connections"))


EVENT = Event(
    id="conntrack-flush",
    title=message("the connection table is emptied (`conntrack -F`)"),
    source="conntrack(8) -F",
    happens=happens,
)
