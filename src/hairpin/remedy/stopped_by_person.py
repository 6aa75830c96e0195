"""Tells by which sign a person stopped, paused or never started a container."""

from hairpin.host.docker import Container
from hairpin.host.engine_health import ended_by_engine
from hairpin.host.host import Host
from hairpin.message import Message, message

_STOPPED_BY_SIGNAL = (0, 137, 143)
"""The exit statuses that a container may have after ``docker stop``: the program ended with 0, or by SIGKILL or
SIGTERM."""


def stopped_on_purpose(host: Host, container: Container) -> Message | None:
    """Return the sign that a person stopped, paused or never started the container; None if the container ended by
    accident, or ends only in a simulated event.

    The restart policy can be this sign, because the engine would have started the container again if no person had
    stopped it.  A container in a crash loop is down only until its next start.

    A start that failed leaves a container of Podman as ``podman create`` does, without an error: measured with Podman
    4.3.1 and CNI without its plugins.  dockerd stores the error."""
    if container.status == "paused":
        return message("somebody has paused {name}", name=container.name)
    if container.error or container.oom_killed or container.running or container.status == "restarting":
        return None
    engine = host.engine_of(container)
    if container.status == "created":
        return message("{name} was made but never started", name=container.name) if engine.traits.has_daemon else None
    if container.has_unknown_end or ended_by_engine(host, container):
        return None
    if container.restart_policy in ("always", "unless-stopped") and engine.running and not engine.stored:
        return message(
            "{name} has restart policy {policy} but does not run: somebody has stopped it",
            name=container.name,
            policy=container.restart_policy,
        )
    return None


def perhaps_stopped(host: Host, container: Container) -> Message | None:
    """Return the sign that the container ended with an exit status that a stop command leaves.  The sign is for a
    container whose restart policy does not show whether a person stopped it, and proves nothing: the engine stores the
    same after a kill from outside, and after its own stop.  Source: measured, docker inspect of Docker 26.1: State is
    equal after ``docker stop``, ``docker kill``, ``kill -9`` and ``systemctl stop docker``"""
    engine = host.engine_of(container)
    if container.status == "created" and not container.error and not engine.traits.has_daemon:
        return message(
            "{name} was made and has never run: by `podman create`, or its start failed, of which Podman keeps no "
            "error; `podman start {name}` says why",
            name=container.name,
        )
    if container.error or container.oom_killed or container.exit_code not in _STOPPED_BY_SIGNAL:
        return None
    if container.running or container.status == "restarting" or ended_by_engine(host, container):
        return None
    facts = {"name": container.name, "code": container.exit_code, "engine": engine.kind, "user": engine.user}
    if engine.lingers is False:
        return message(
            "{name} ended with status {code}, as after `{engine} stop` or the last logout of {user}", **facts
        )
    if container.exit_code == 0:
        return message("{name} ended with status 0, by itself or after `{engine} stop`", **facts)
    signal = "SIGKILL" if container.exit_code == 137 else "SIGTERM"
    return message(
        "{signal} ended {name} (status {code}). `{engine} stop` or `{engine} kill` sends it, and so do a kill from "
        "outside of {engine}, the kernel without memory, and a stop of the engine or of the host",
        signal=signal,
        **facts,
    )
