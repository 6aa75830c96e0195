"""Whether a container engine answers, whether it should answer, and what a stopped engine has left in the kernel.

Podman has no daemon, so only Docker can be down.  :func:`ended_by_engine` tells the containers that their engine ended,
or may start again, from those that a person stopped.
"""

from typing import Literal

import msgspec

from hairpin.evidence.reading import HOST, moment
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.contact import Contact
from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host
from hairpin.netfilter.ir import Chain

Left = Literal["process", "rule", "bridge", "relay"]
_ALIVE: tuple[Left, ...] = ("process", "relay")
"""What shows that a container of the stopped engine still runs."""
_UNITS = ("docker.service", "docker.socket")
_OWN_CHAINS = ("DOCKER", "DOCKER-FORWARD", "DOCKER-INGRESS")


class Health(msgspec.Struct, frozen=True):
    """The health of an engine.

    ``left``: the things that the stopped engine has left in the kernel.  ``awaited``: the containers that would run if
    the engine ran.  ``enabled``: whether the engine starts at boot, or its unit has failed.  ``switched_off``: whether
    somebody has disabled the engine's units and stopped them, or removed the engine.  Rules and bridges then are what
    the engine left when it was stopped, and no container runs that could miss it."""

    engine: Engine
    contact: Contact
    left: tuple[Left, ...] = ()
    awaited: tuple[Container, ...] = ()
    enabled: bool = False
    switched_off: bool = False

    @property
    def answers(self) -> bool:
        """Whether the engine answered the collector."""
        return self.contact.state == "answers"

    @property
    def expected(self) -> bool:
        """Whether the engine should answer.  Until the engine answers, its running containers are unknown."""
        if not self.engine.traits.has_daemon:
            return self.contact.state not in ("answers", "stopped")
        alive = any(not self.switched_off or each in _ALIVE for each in self.left)
        return self.contact.state != "stopped" or self.enabled or alive or bool(self.awaited)

    @property
    def is_down(self) -> bool:
        """Whether the engine has a daemon, and the daemon does not run."""
        return self.engine.traits.has_daemon and self.contact.state == "stopped"


def health(host: Host) -> tuple[Health, ...]:
    """Return the health of each engine of the host."""
    told = {(each.kind, each.user): each for each in host.contacts}
    found = ((each, told.get((each.kind, each.user)) or told.get((each.kind, ""))) for each in host.engines)
    return tuple(_of(host, each, contact or Contact(each.kind, "", "answers")) for each, contact in found)


def is_down(host: Host, engine: Engine) -> bool:
    """Return whether the engine has a daemon that does not run."""
    return any(each.is_down and _are_same(each.engine, engine) for each in health(host))


def is_at_rest(host: Host, engine: Engine) -> bool:
    """Return whether the engine has a daemon that does not run, and that nothing starts at boot, as far as a reading
    tells what starts it."""
    told = engine.boot is not None or bool(host.units)
    return told and any(each.is_down and not each.enabled and _are_same(each.engine, engine) for each in health(host))


def is_unasked(host: Host, engine: Engine) -> bool:
    """Return whether the engine runs or may run, and did not answer: without permission, in time, or at all."""
    return any(_are_same(each.engine, engine) and each.contact.state not in ("answers", "stopped")
               for each in health(host))  # fmt: skip


def _are_same(one: Engine, other: Engine) -> bool:
    return (one.kind, one.user) == (other.kind, other.user)


def ended_by_engine(host: Host, container: Container) -> bool:
    """Return whether the engine has ended the stopped container, or may start it again by itself: no person stopped
    it."""
    engine = host.engine_of(container)
    return ended_by_check(container) or _went_down_with(engine, container) or _may_restart(host, container)


def ended_by_check(container: Container) -> bool:
    """Return whether Podman has ended the container, because its health check failed.  At the container's next start,
    Podman forgets that the container was unhealthy.

    Source: podman libpod/healthcheck.go processHealthCheckStatus(); podman-run(1), --health-on-failure"""
    return not container.running and container.health == "unhealthy" and bool(container.on_unhealthy)


def _went_down_with(engine: Engine, container: Container) -> bool:
    """Return whether all running containers of the engine started after the container ended.  The engine or the host
    was then restarted, and the engine did not start the container again."""
    running = [each.started_at for each in engine.containers if each.running and each.started_at]
    return bool(running) and bool(container.finished_at) and all(each > container.finished_at for each in running)


_BACKOFF_S = 60.0
"""The longest time that dockerd waits between two restarts of a container.  Source: moby restartmanager"""
AS_STOPPED = (None, 0, 130, 137, 143)
"""The exit statuses of a program that ended without an error, or by the signal of a person's stop command: SIGINT,
SIGKILL or SIGTERM.  None: the engine told no status."""


def _may_restart(host: Host, container: Container) -> bool:
    """Return whether the engine may be about to restart the container: its program ended with an error a moment before
    hairpin read the host, and its restart policy asks for a restart."""
    ended, now = moment(container.finished_at), moment(host.taken_at)
    if container.restart_policy == "no" or container.exit_code in AS_STOPPED or ended is None or now is None:
        return False
    return now - ended <= _BACKOFF_S


def unanswering(host: Host) -> tuple[Health, ...]:
    """Return the health of the engines that should answer but do not answer."""
    return tuple(each for each in health(host) if each.expected and not each.answers)


def is_dockerds(chain: Chain) -> bool:
    """Return whether dockerd made the chain.  The chains that dockerd made stay when dockerd ends.  A chain DOCKER-USER
    is no proof, because administrators also make a chain of this name."""
    return chain.name in _OWN_CHAINS or chain.name.startswith("DOCKER-ISOLATION-STAGE")


def conflicts(boot: Boot) -> tuple[str, ...]:
    """Return the options that both the unit's flags and daemon.json give.  dockerd refuses to start if there are such
    options.

    Source: moby daemon/config/config.go findConfigurationConflicts(); daemon.json has plural names for lists.
    """
    keys = {name.rstrip("s") for name in boot.file}
    return tuple(dict.fromkeys(name for name, _ in boot.flags if name.rstrip("s") in keys))


def excluding(engine: Engine) -> tuple[str, ...]:
    """Return the options of dockerd that exclude each other.  dockerd refuses to start if there are such options.

    Source: moby daemon/daemon_unix.go verifyDaemonSettings()
    """
    boot = engine.boot
    given = {*boot.file, *(name for name, _ in boot.flags)} if boot is not None else set[str]()
    if engine.iptables is False and engine.icc is False:
        return "iptables=false", "icc=false"
    return ("bridge", "bip") if given >= {"bridge", "bip"} else ()


def _of(host: Host, engine: Engine, contact: Contact) -> Health:
    if not engine.traits.has_daemon or contact.state != "stopped":
        return Health(engine, contact)
    return Health(engine, contact, _left(host, engine), _awaited(engine), _enabled(host, engine), _switched_off(host))


def _enabled(host: Host, engine: Engine) -> bool:
    if engine.boot is not None and engine.boot.enabled:
        return True
    units = [each for each in host.units if each.name in _UNITS]
    return any(each.is_enabled or each.active == "failed" for each in units)


def _switched_off(host: Host) -> bool:
    """Return whether systemd says that the unit docker is disabled or masked and does not run, or that there is no such
    unit, because Docker was removed."""
    found = [each for each in host.units if each.name == _UNITS[0]]
    return bool(host.units) and all(
        each.enabled in ("disabled", "masked") and each.active == "inactive" for each in found
    )


def _awaited(engine: Engine) -> tuple[Container, ...]:
    return tuple(each for each in engine.containers if each.running or each.starts_with_daemon)


def _left(host: Host, engine: Engine) -> tuple[Left, ...]:
    namespace = host.namespace(HOST) if HOST in host else None
    if namespace is None:
        return ()
    found: list[Left] = []
    if any(each.running for each in engine.containers):
        found.append("process")
    if any(is_dockerds(chain) for table in namespace.ruleset.tables for chain in table.chains):
        found.append("rule")
    bridges = {"docker0", *(each.bridge for each in engine.networks if each.bridge)}
    if any(link.name in bridges or (link.name.startswith("br-") and link.kind == "bridge") for link in namespace.links):
        found.append("bridge")
    if any(socket.process == "docker-proxy" for socket in namespace.sockets):
        found.append("relay")
    return tuple(found)
