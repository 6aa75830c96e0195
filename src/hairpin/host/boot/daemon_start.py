"""How a daemon that does not run is started."""

from typing import Literal

import msgspec


class Boot(msgspec.Struct, frozen=True):
    """How a stopped daemon is started.  ``enabled``: the files that start the daemon at boot.  ``flags``: the flags in
    the daemon's unit.  ``log``: the last lines of the daemon's log."""

    by: Literal["systemd", "sysvinit", "openrc", "snap", ""] = ""
    enabled: tuple[str, ...] = ()
    flags: tuple[tuple[str, str], ...] = ()
    file: tuple[str, ...] = ()
    """The names of the options in daemon.json."""
    malformed: bool = False
    config: str = "/etc/docker/daemon.json"
    log: tuple[str, ...] = ()
    evidence: str = ""
    traces: tuple[str, ...] = ()
    """The ids of the readings that show why the daemon does not run."""
