"""The file of a systemd unit: its commands and its ordering.  Source: systemd.service(5)"""

import re
from collections.abc import Iterator

from hairpin.host.managers import ScriptLine, Unit

_COMMAND = re.compile(r"Exec\w+\s*=\s*[-@+!:|]*")


def command_of(line: str) -> str:
    """Return the command in a line of a script or a unit, without systemd's prefixes and with ``$$`` and ``%%``
    replaced by ``$`` and ``%``."""
    said = _COMMAND.match(line.strip())
    return line.strip() if said is None else line.strip()[said.end() :].replace("$$", "$").replace("%%", "%")


def commands_of(path: str, text: str) -> Iterator[ScriptLine]:
    """Yield the commands that the unit's start runs."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"ExecStart(?:Pre|Post)?\s*=", line.strip()):
            yield ScriptLine(path, number, command_of(line), path.rpartition("/")[2])


def unit_of(path: str, text: str) -> Unit:
    """Return the unit that the unit file defines, marked as inactive and disabled."""
    said = {"After": list[str](), "Before": list[str]()}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and key in said:
            said[key] += value.split()
    name = path.rpartition("/")[2]
    return Unit(name, "inactive", "disabled", tuple(said["After"]), tuple(said["Before"]))
