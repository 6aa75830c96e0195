"""firewalld is started, is restarted, or reads its files again (``firewall-cmd --reload``, scripts of packages,
dockerd's first start beside firewalld).

Ports that were opened only at run time are closed again, and all foreign rules in the iptables tables are lost.  Most
hosts have no firewalld, so firewalld's model is imported only if firewalld runs or starts.
"""

from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.host import Host
from hairpin.host.managers import Firewalld
from hairpin.message import message


def firewalld_of(host: Host) -> Firewalld | None:
    """Return the host's firewalld; None if firewalld is not installed, or if only files of its removed package are
    left."""
    packages = [each.program for each in host.versions if each.program.startswith("package:")]
    return host.firewalld if not packages or "package:firewalld" in packages else None


def _started(course: Course) -> Course | None:
    """Return the course after firewalld has started; None if firewalld is not installed or runs already."""
    firewalld = firewalld_of(course.host)
    if firewalld is None or firewalld.running:
        return None
    from hairpin.events.firewalls._firewalld import with_firewalld_started

    return with_firewalld_started(course)


def _restarted(course: Course) -> Course | None:
    """Return the course after firewalld has stopped and started; None if firewalld does not run."""
    firewalld = firewalld_of(course.host)
    if firewalld is None or not firewalld.running:
        return None
    from hairpin.events.firewalls._firewalld import with_firewalld_started, with_firewalld_stopped

    return with_firewalld_started(with_firewalld_stopped(course), course.host)


def _reloaded(course: Course) -> Course | None:
    """Return the course after the reload; None if firewalld does not run."""
    firewalld = firewalld_of(course.host)
    if firewalld is None or not firewalld.running:
        return None
    from hairpin.events.firewalls._firewalld import with_firewalld_reloaded

    return with_firewalld_reloaded(course)


FIREWALLD_START = Event(
    id="firewalld-start",
    title=message("firewalld is started (`systemctl start firewalld`)"),
    source="firewall/core/fw.py start()",
    happens=_started,
    units=("firewalld",),
    verbs=("start",),
    command="systemctl start firewalld",
)
FIREWALLD_RESTART = Event(
    id="firewalld-restart",
    title=message("firewalld is restarted (`systemctl restart firewalld`)"),
    source="firewall/core/fw.py stop(), start()",
    happens=_restarted,
    units=("firewalld",),
    verbs=("restart",),
    command="systemctl restart firewalld",
)
FIREWALLD_RELOAD = Event(
    id="firewalld-reload",
    title=message("firewalld reads its files again (`firewall-cmd --reload`)"),
    source="firewall-cmd(1) --reload; firewall/core/fw.py reload()",
    happens=_reloaded,
    units=("firewalld",),
    verbs=("reload",),
    command="firewall-cmd --reload",
)
