"""Rootless containers of users for whom no engine runs.  An engine that is asked would start processes and write files,
so hairpin reads the users' files instead."""

import shlex
from typing import Literal

import msgspec

from hairpin.host.contact import Tool
from hairpin.host.docker import PortBinding


class IdleContainer(msgspec.Struct, frozen=True):
    """A container that a rootless engine has in the files of its user, while no process of this engine runs.

    ``uid``: the user's id.  ``lingers``: whether systemd-logind keeps the user's processes after the last logout.
    ``session``: ``none`` if /run/user/UID does not exist, ``idle`` if this folder exists and the engine was not used
    since the folder was made, ``unknown`` on a host without logind.  ``name``: the name of the container, or the names
    of the containers of its pod.  ``pod``: the beginning of the id of the container's pod.  ``unit``: the user's unit
    that makes the container at its start.  ``starts_with_engine``: whether the user's dockerd starts the container when
    dockerd itself starts.  ``on_host``: whether the container uses the host's network.  ``ports``: None if the
    published ports are not known."""

    user: str
    uid: int
    engine: Tool
    name: str
    lingers: bool = False
    session: Literal["none", "idle", "unknown"] = "none"
    pod: str = ""
    unit: str = ""
    starts_with_engine: bool = False
    on_host: bool = False
    ports: tuple[PortBinding, ...] | None = None
    evidence: str = ""

    @property
    def title(self) -> str:
        """The engine's name as it is written in sentences."""
        return self.engine.capitalize()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the container, or of the containers of its pod."""
        return tuple(self.name.split(", "))

    @property
    def start(self) -> str:
        """The command by which the user starts the container."""
        if self.unit:
            return shlex.join(("systemctl", "--user", "start", self.unit))
        if self.engine == "docker":
            started = "systemctl --user start docker"
            return started if self.starts_with_engine else f"{started} && {shlex.join(('docker', 'start', self.name))}"
        return shlex.join(("podman", "pod", "start", self.pod) if self.pod else ("podman", "start", self.name))

    def publishing(self, protocol: str, port: int) -> tuple[PortBinding, ...]:
        """Return the bindings by which the container publishes the port of the host."""
        return tuple(each for each in self.ports or () if (each.protocol, each.host_port) == (protocol, port))

    def publishes(self, protocol: str, port: int, version: int, address: int | None) -> bool:
        """Return whether the container publishes the port on the address.  Without a ``host_ip``, a rootless engine
        takes the port on the addresses of both IP versions."""
        found = self.publishing(protocol, port)
        return any(each.host_ip is None or (each.version, each.host_ip) == (version, address) for each in found)
