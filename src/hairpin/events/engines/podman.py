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
from hairpin.events.event import Event
from hairpin.host.boot.rule_keeper import unit
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


PODMAN_RESTART = Event(
    id="podman-restart",
    title=message(
        "Podman's containers with the restart policy always are restarted (`systemctl restart podman-restart`)"
    ),
    source="podman-restart.service of Podman, its ExecStart and ExecStop; podman-start(1)",
    happens=_restarted,
    units=(_UNIT,),
    command="systemctl restart podman-restart",
)
