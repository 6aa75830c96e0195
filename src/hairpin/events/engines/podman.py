"""``systemctl restart podman-restart``: Podman's containers with the restart policy ``always`` stop, and start again.

The unit starts these containers at boot.  The unit's stop command stops all containers with this policy at once.  A
container that a user has stopped starts as well.
"""

from hairpin.events.course import Course
from hairpin.events.engines._containers import (
    with_container_ended,
    with_container_first_started,
    with_container_started,
)
from hairpin.events.event import ByItself, Event, starts_one_of
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.host import Host
from hairpin.message import message

_UNIT = "podman-restart"


def _restarted(course: Course) -> Course | None:
    """Return the course after the unit was restarted; None if Podman has no container with the restart policy
    ``always``."""
    was, found = course.host, unit(course.host, _UNIT)
    own = [
        each for engine in was.engines if engine.kind == "podman" and not engine.rootless for each in engine.containers
    ]
    chosen = sorted((each for each in own if each.restart_policy == "always"), key=lambda each: each.id)
    # A unit that was not started has nothing to stop.  The unit does not stop a paused container.
    running = [each for each in chosen if each.status == "running"] if found is None or found.active == "active" else []
    for each in running:
        course = with_container_ended(course, each)
    for each in chosen:
        if each in running:
            course = with_container_started(course, was, each)
        elif not each.running:
            course = with_container_first_started(course, each)
    return course if chosen else None


def _comes(host: Host) -> bool:
    """Return whether Podman is installed and the unit podman-restart is enabled or active.  A unit that was not read
    counts as enabled."""
    has_podman = any(each.kind == "podman" for each in host.engines)
    return has_podman and (unit(host, _UNIT) is None or starts_one_of(_UNIT)(host))


PODMAN_RESTART = Event(
    id="podman-restart",
    title=message(
        "Podman's containers with the restart policy always are restarted (`systemctl restart podman-restart`)"
    ),
    source="podman-restart.service of Podman, its ExecStart and ExecStop; podman-start(1)",
    happens=_restarted,
    by_itself=ByItself(reach=51, on=_comes),
    units=(_UNIT,),
    command="systemctl restart podman-restart",
)
