"""How a stopped dockerd is started on this host, and which of its log lines may explain why it does not run."""

import re
from typing import Literal

import msgspec

from hairpin.errors import ParseError
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.managers import Unit
from hairpin.host.read.engines import engine_options
from hairpin.host.read.readings import Readings

_STARTS_NOTHING = ("/etc/init.d/", "/snap/")
"""The folders of files that show how the daemon can be started, but that do not start it at boot."""
_GIVEN_TWICE = re.compile(r"([\w-]+): \(from flag: ")
_MALFORMED = re.compile(r"daemon\.json: (?:invalid character|unexpected end of JSON|cannot unmarshal|json: )")


def boot(readings: Readings, units: tuple[Unit, ...], *, malformed: bool = False) -> Boot | None:
    """Return how dockerd is started; None if it runs on this host, or if its start was not read.

    ``malformed``: whether the collector found that daemon.json is not JSON."""
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
    given = engine_options.of_flags(flags.text) if flags is not None else ()
    settings = _Settings(said, tuple(name for name, _ in given), malformed, was_read=file is not None)
    lines = (line for line in (log.text if log is not None else "").split("\n") if line)
    return Boot(
        by=_by(paths, units),
        enabled=tuple(each for each in paths if _starts_at_boot(each, native=_is_native(readings, units))),
        flags=given,
        file=said,
        malformed=malformed,
        log=tuple(line for line in lines if _holds(line, settings)),
        evidence=reading.id,
        traces=tuple(each.id for each in (flags, file, log) if each is not None and each.text.strip()),
    )


def _starts_at_boot(path: str, *, native: bool) -> bool:
    """Return whether the file starts the daemon at boot.  ``native``: whether systemd reads a unit file of the daemon;
    it then ignores the links of runlevels, which a package may have made, too."""
    return not path.startswith(_STARTS_NOTHING) and not (native and path.startswith("/etc/rc"))


def _is_native(readings: Readings, units: tuple[Unit, ...]) -> bool:
    """Return whether systemd runs, and made no unit docker.service of an init script: it then reads no link of a
    runlevel, also where the package is gone and has left its init script.  If systemd did not tell its units, the unit
    file decides, unless systemd does not run at all.

    Source: systemd-sysv-generator(8), which trixie's systemd 257 has and sid's 262 lacks"""
    if units:
        return not any(each.name == "docker.service" and each.enabled == "generated" for each in units)
    told = readings.first("units")
    return readings.first("dockerd-unit") is not None and (told is None or told.outcome != "absent")


class _Settings(msgspec.Struct, frozen=True):
    """The names of dockerd's present options in daemon.json and in the flags of its unit.  ``was_read``: whether
    daemon.json could be read."""

    file: tuple[str, ...]
    flags: tuple[str, ...]
    malformed: bool
    was_read: bool


def _holds(line: str, settings: _Settings) -> bool:
    """Return whether a log line about daemon.json still holds.  The file may have been repaired after the line was
    logged.

    The line may say that both the file and the flags give an option.  If only the file or only the flags have the
    option now, the conflict is repaired.  If neither the file nor the flags have the option, it may be an option that
    the collector does not read, so the line still holds.
    Source: moby daemon/config/config.go getConflictFreeConfiguration(), findConfigurationConflicts()"""
    if not settings.was_read:
        return True
    twice = {each.rstrip("s") for each in _GIVEN_TWICE.findall(line)}
    if twice:
        in_file, in_flags = ({each.rstrip("s") for each in names} for names in (settings.file, settings.flags))
        return not twice <= in_file ^ in_flags
    if _MALFORMED.search(line):
        return settings.malformed
    return True


def _by(paths: tuple[str, ...], units: tuple[Unit, ...]) -> Literal["systemd", "sysvinit", "openrc", "snap", ""]:
    """Return the init system that starts daemons.  The init system counts as systemd only if systemd runs."""
    if units:
        return "systemd"
    if any(each.startswith("/snap/") for each in paths):
        return "snap"
    if any("/runlevels/" in each for each in paths):
        return "openrc"
    return "sysvinit" if "/etc/init.d/docker" in paths else ""
