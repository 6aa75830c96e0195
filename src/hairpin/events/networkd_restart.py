"""``systemctl restart systemd-networkd``, as netplan and packages do it: the links of its files are configured anew.

What the files say stays as it is.  Addresses and routes that others have put on such a link go, and so do the policy
rules of others.  A file that matches veth pairs takes the containers' links off their bridge.
"""

from hairpin.events._network import with_manager
from hairpin.events._networkd import claimed_links, with_links_configured
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the restart; None if networkd does not run here."""
    running = with_manager(course, "systemd-networkd", "/run/systemd/netif/links/")
    if running is None:
        return None
    course, was = running, running.namespace
    course, links = claimed_links(course)
    return with_links_configured(course, links, was)


EVENT = Event(
    id="networkd-restart",
    title=message("systemd-networkd restarts"),
    source="systemd-networkd.service(8), systemd.network(5); networkd-link.c link_drop_foreign_config()",
    happens=happens,
)
