"""A container is removed and run again with the same options: of the name behind the colon, else each that runs.

``docker rm -f NAME; docker run …``, an update of its image by Watchtower or by hand.  Its id is another one, and its
address may be.  Rules that somebody has made with the old address, and what was changed inside, are not carried over.
"""

from hairpin.events._recreating import with_container_recreated
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, name: str) -> Course | None:
    """Return the course after the container was made anew; None if no such container runs."""
    recreating = [each for each in course.host.containers() if each.running and name in ("", each.name)]
    for each in recreating:
        course = with_container_recreated(course, each)
    return course if recreating else None


EVENT = Event(
    id="container-recreate",
    title=message("containers are removed and run again with the same options"),
    source="docker-rm(1), docker-run(1); moby daemon/create.go, libnetwork/ipam/allocator.go",
    happens=happens,
    narrows="container",
)
