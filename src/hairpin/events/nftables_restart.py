"""``systemctl restart nftables``: the stop flushes the whole ruleset, an engine's rules included; then the file is
loaded.

A unit that is not active is only started: it loads its file, and flushes what the file says.
"""

from hairpin.events._nftables import nftables_script, with_nftables_loaded, with_nftables_stopped
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the unit was restarted; None if the host has no such unit, or no file of it."""
    if nftables_script(course.host) is None:
        return None
    return with_nftables_loaded(with_nftables_stopped(course))


EVENT = Event(
    id="nftables-restart",
    title=message("nftables is restarted (`systemctl restart nftables`)"),
    source="nftables.service, its ExecStop and ExecStart; nft(8) flush ruleset",
    happens=happens,
)
