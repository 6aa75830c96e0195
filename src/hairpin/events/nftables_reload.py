"""``systemctl reload nftables``: the file is loaded again, in one transaction.

On Debian that is ``nft -f /etc/nftables.conf``, which wipes only what the file says: without a ``flush`` in it each
rule is there twice.  RHEL's unit flushes the ruleset first.
"""

from hairpin.events._nftables import nftables_script, with_nftables_reloaded
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.message import message


def happens(course: Course, _name: str) -> Course | None:
    """Return the course after the file was loaded again; None if the host has no such unit, or no file of it."""
    return with_nftables_reloaded(course) if nftables_script(course.host) is not None else None


EVENT = Event(
    id="nftables-reload",
    title=message("nftables loads its file again (`systemctl reload nftables`)"),
    source="nftables.service, its ExecReload; nft(8) -f",
    happens=happens,
)
