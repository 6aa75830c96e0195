"""How a dockerd that does not run is started here, and what its traces say of why it does not run."""

from typing import Literal

from hairpin.errors import ParseError
from hairpin.host.docker import Boot
from hairpin.host.managers import Unit
from hairpin.host.read.engines import engine_options
from hairpin.host.read.readings import Readings

_STARTS_NOTHING = ("/etc/init.d/", "/snap/")
"""Files that tell how the daemon is started, and not that it is."""


def boot(readings: Readings, units: tuple[Unit, ...], *, malformed: bool = False) -> Boot | None:
    """Return how the daemon is started; None if it runs here, or if nothing was read about it.

    ``malformed``: daemon.json is no JSON, as the collector found."""
    reading = readings.first("dockerd-boot")
    if reading is None:
        return None
    paths = tuple(line for line in reading.text.split("\n") if line)
    flags, log, file = readings.first("dockerd-unit"), readings.first("dockerd-log"), readings.first("daemon-json")
    said: tuple[str, ...] = ()
    if file is not None:
        try:
            said = engine_options.names_in_file(file.text, source=file.origin)
        except ParseError:
            malformed = True
    return Boot(
        by=_by(paths, units),
        enabled=tuple(each for each in paths if not each.startswith(_STARTS_NOTHING)),
        flags=engine_options.of_flags(flags.text) if flags is not None else (),
        file=said,
        malformed=malformed,
        log=tuple(line for line in (log.text if log is not None else "").split("\n") if line),
        evidence=reading.id,
        traces=tuple(each.id for each in (flags, file, log) if each is not None and each.text.strip()),
    )


def _by(paths: tuple[str, ...], units: tuple[Unit, ...]) -> Literal["systemd", "sysvinit", "openrc", "snap", ""]:
    """Return what starts daemons: systemd only where it runs."""
    if units:
        return "systemd"
    if any(each.startswith("/snap/") for each in paths):
        return "snap"
    if any("/runlevels/" in each for each in paths):
        return "openrc"
    return "sysvinit" if "/etc/init.d/docker" in paths else ""
