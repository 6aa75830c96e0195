"""``systemctl restart NetworkManager``: it leaves its links up when it ends, and takes them over when it starts.

Links of the container engines, which others have made, are left alone.
"""

from hairpin.events._network import with_manager
from hairpin.events._networkmanager import with_profiles_up
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the restart; None if NetworkManager does not run here."""
    running = with_manager(course, "NetworkManager", "/run/NetworkManager/devices/")
    return with_profiles_up(running, running.namespace) if running is not None else None


EVENT = Event(
    id="networkmanager-restart",
    title=message("NetworkManager restarts"),
    source="NetworkManager(8), nm-settings-keyfile(5)",
    happens=happens,
)
