"""Quadlets: files of which Podman's generator makes systemd units.  Podman removes the container of such a unit when
the unit stops, so Podman lists the container only while it runs.  A unit that a person wrote to start a container is
described in the same way, if it has failed.

Source: podman-systemd.unit(5)"""

import msgspec

from hairpin.host.docker import Container, PortBinding


class Quadlet(msgspec.Struct, frozen=True):
    """A file ``NAME.container``, ``NAME.pod`` or ``NAME.kube`` with its drop-ins, and the unit that is made of it.

    ``user``: the user whose systemd manager has the unit; empty for the system's.  ``name``: the container or the pod.
    ``ports``: those that the file publishes.  ``networks``: those that it names, as Podman names them.  ``changed_s``:
    when the file or a drop-in was changed last, in seconds since the epoch.  ``install``: the units that the file's
    ``[Install]`` section names.
    ``state``: ActiveState as systemd tells it; LoadState (``not-found``, ``bad-setting``, ``error``, ``masked``) if
    systemd has no such unit or does not load it; empty if systemd was not asked.  ``sub``: SubState.  ``exit_code``:
    that of the unit's last main process.  ``needs_reload``: whether the file is newer than the unit that systemd knows.
    ``wanted_by``: the units for which systemd starts it.  ``said``: the error with which podman ended the last start of
    a unit that failed, or why systemd does not load the unit.  ``runs``: the engine's command in a unit that a person
    wrote (``podman start blog``); empty for a Quadlet."""

    file: str
    unit: str
    name: str
    user: str = ""
    ports: tuple[PortBinding, ...] = ()
    networks: tuple[str, ...] = ()
    changed_s: int = 0
    install: tuple[str, ...] = ()
    state: str = ""
    sub: str = ""
    exit_code: int = 0
    needs_reload: bool = False
    wanted_by: tuple[str, ...] = ()
    said: str = ""
    runs: str = ""
    evidence: str = ""

    @property
    def file_name(self) -> str:
        """The file's name without its folder."""
        return self.file.rpartition("/")[2]

    @property
    def has_failed(self) -> bool:
        """Whether the unit has failed, or fails again and again.  A unit whose program a signal ended was possibly
        stopped by a person: so does ``systemctl stop`` if the program ignores SIGTERM."""
        return (self.state == "failed" and not self.ended_by_signal) or self.sub.startswith("auto-restart")

    @property
    def is_unloadable(self) -> bool:
        """Whether systemd cannot load the unit's file, so that nothing starts the unit.  Source: systemd.unit(5)"""
        return self.state in ("bad-setting", "error")

    @property
    def ended_by_signal(self) -> bool:
        """Whether SIGKILL or SIGTERM ended the container's program."""
        return self.exit_code in (137, 143) and not self.said

    @property
    def condition(self) -> str:
        """The unit's state in a word, for sentences."""
        return "stopped" if self.state == "failed" and not self.has_failed else self.state

    @property
    def is_down(self) -> bool:
        """Whether systemd says that the unit does not run and is not about to."""
        return self.has_failed or self.state in ("inactive", "failed", "not-found", "bad-setting", "error", "masked")

    @property
    def needs_only_start(self) -> bool:
        """Whether a start of the unit makes the container as the file says."""
        return self.state in ("inactive", "failed") and not self.has_failed and not self.needs_reload

    @property
    def is_wanted(self) -> bool:
        """Whether another unit starts this one, such as a target at boot."""
        return bool(self.wanted_by)

    @property
    def starts_at_boot(self) -> bool:
        """Whether a unit that starts at boot wants this one.  A boot reads a file that systemd has not read yet."""
        return bool(self.install) if self.needs_reload else self.is_wanted

    @property
    def dry_run(self) -> str:
        """The command with which Podman's generator says what is wrong with the user's files."""
        return "/usr/libexec/podman/quadlet -dryrun" + (" -user" if self.user else "")

    def command(self, *words: str) -> str:
        """Return the command for the unit's manager, as root or as the unit's user types it."""
        return " ".join(("systemctl", *(("--user", "-M", f"{self.user}@") if self.user else ()), *words))

    def ran(self, verb: str) -> str:
        """Return the commands that start or restart the unit as the file is now."""
        stale = self.needs_reload or self.state == "not-found" or self.is_unloadable
        reload = (self.command("daemon-reload"),) if stale else ()
        masked = (self.command("unmask", self.unit),) if self.state == "masked" else ()
        return " && ".join((*masked, *reload, self.command(verb, self.unit)))

    @property
    def log(self) -> str:
        """The command that prints the unit's log."""
        if not self.user:
            return f"journalctl -u {self.unit}"
        return f"journalctl _SYSTEMD_USER_UNIT={self.unit}"

    def makes(self, container: Container) -> bool:
        """Return whether the Quadlet's unit made this container, by the label that Podman gives it, or this pod's."""
        if self.runs:
            return False
        return container.unit == self.unit or (self.file.endswith(".pod") and container.pod == self.name)

    def publishes(self, protocol: str, port: int, version: int, address: int | None) -> bool:
        """Return whether the file publishes the port on the address."""
        return any(
            (each.protocol, each.host_port) == (protocol, port)
            and (each.host_ip is None or (each.version, each.host_ip) == (version, address))
            for each in self.ports
        )
