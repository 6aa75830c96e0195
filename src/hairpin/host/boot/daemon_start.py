"""How a daemon that does not run is started, and how it reads its options."""

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


_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def is_true(text: str | None, *, otherwise: bool) -> bool:
    """Return the boolean value of an option as Docker reads it (Go's strconv.ParseBool); ``otherwise`` if the option is
    not given."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return otherwise
