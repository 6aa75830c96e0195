"""A container that runs has no restart policy: after the next start of its engine it does not run.

Users see: it worked until the reboot, or until dockerd was restarted; the container is there, and exited.

Proof: the event is carried out on the model of the host: the engine starts each container with a policy, and this one
stays down; with a policy its port answers.
Now: ``docker update --restart unless-stopped NAME`` changes no container that runs.
Lasting: the same, or ``restart: unless-stopped`` in the compose file; for Podman a quadlet, or
``podman-restart.service``.
"""

from hairpin.causes.cause import Cause, Coming
from hairpin.causes.where import OfContainer
from hairpin.message import message


def foresees(coming: Coming) -> bool:
    """Return whether the event brings this cause."""
    was = next((each for each in coming.host.containers() if each.name == _name(coming)), None)
    return (
        coming.found.id == "container-not-running"
        and coming.event in _STARTS
        and was is not None
        and was.running
        and not (was.starts_with_daemon and coming.host.engine_of(was).kind == "docker")
    )


_STARTS = (
    "reboot", "docker-restart", "podman-restart", "docker-upgrade", "kernel-upgrade", "cloud-stop-start",
    "nic-replaced",
)  # fmt: skip


def _name(coming: Coming) -> str:
    where = coming.found.candidate.where
    return where.container if isinstance(where, OfContainer) else ""


CAUSE = Cause(
    title=message("Nothing starts the container again"), source="moby daemon/daemon.go restore(); podman-restart(1)"
)
