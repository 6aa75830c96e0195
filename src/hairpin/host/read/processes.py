"""What the collector knows of processes beside their sockets: which of them are stopped, and whose they are.

Source: proc_pid_stat(5), cgroups(7); Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from hairpin.host.read.readings import Readings

_NOBODY: Mapping[int, str] = MappingProxyType({})


class Processes(msgspec.Struct, frozen=True):
    """Process ids, in the collector's PID namespace.

    ``halted``: a signal stopped them; ``frozen``: the frozen control group that they are in; ``container``: the id of
    the container whose control group they are in."""

    halted: frozenset[int] = frozenset()
    frozen: Mapping[int, str] = _NOBODY
    container: Mapping[int, str] = _NOBODY


def processes(readings: Readings) -> Processes:
    """Return the processes of all readings about them."""
    return Processes(
        halted=frozenset(pid for pid, _ in _lines(readings, "halted-processes")),
        frozen=dict(_lines(readings, "frozen-processes")),
        container=dict(_lines(readings, "container-processes")),
    )


def _lines(readings: Readings, key: str) -> list[tuple[int, str]]:
    """Return the lines ``PID`` or ``PID<TAB>TEXT`` of all readings of the key; other lines are skipped."""
    lines = (line.partition("\t") for reading in readings.of(key) for line in reading.text.split("\n"))
    return [(int(pid), text) for pid, _, text in lines if pid.isdigit()]
