"""A running container has no restart policy, so it does not run after the next start of its engine.

Users see: the port worked until the host was rebooted or dockerd was restarted.  The container still exists, and its
state is exited.

Proof: hairpin simulates the event on the model of the host.  The engine starts each container with a restart policy,
and this container stays down.  With a restart policy its port answers.
Now: ``docker update --restart unless-stopped NAME``, which does not restart the running container.
Lasting: the container keeps the new restart policy after a reboot.  Or write ``restart: unless-stopped`` into the
Compose file.  For Podman, use a quadlet or ``podman-restart.service``.
"""

from hairpin.causes.kit import Cause, Coming, OfContainer, message


def foresees(coming: Coming) -> bool:
    was = next((each for each in coming.host.containers() if each.name == _name(coming)), None)
    return (
        coming.found.id == "container-not-running"
        and coming.event in _STARTS
        and was is not None
        and was.running
        and not (was.starts_with_daemon and coming.host.engine_of(was).traits.has_daemon)
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
