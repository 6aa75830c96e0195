"""The collector's readings of processes: their sockets, whether they are stopped, and their containers and units.

Source: proc_pid_stat(5), cgroups(7); Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from hairpin.errors import MalformedError
from hairpin.host.read.readings import Readings
from hairpin.host.socket import Socket
from hairpin.netfilter.address import parse_address

RELAYS = ("docker-proxy", "docker-proxy-cu", "rootlessport", "rootlesskit", "pasta", "pasta.avx2", "slirp4netns")
"""The programs that relay accepted connections to a container (``comm`` is cut after 15 characters)."""

_WITH_IT_TICKS = 200
"""Two seconds, in ticks (USER_HZ is 100).  A process that starts within this time after the container counts as started
by the container's image."""
_NOBODY: Mapping[int, str] = MappingProxyType({})
_PARENTLESS: Mapping[int, int] = MappingProxyType({})
_UNHELD: "Mapping[str, tuple[Holder, ...]]" = MappingProxyType({})


_Listening = tuple[str, int | None, int]
_LISTEN = re.compile(r"^Listen(Stream|Datagram)?=(\S+):(\d+)(?: \((Stream|Datagram)\))?$", re.MULTILINE)
_MANAGER = 1
"""The process id of systemd's manager of the system."""


class Holder(NamedTuple):
    """A process that has a socket open: its short command name, and its id."""

    process: str
    pid: int


class Processes(msgspec.Struct, frozen=True):
    """The processes of the host, by their ids in the collector's PID namespace.

    ``halted``: processes that a signal stopped.  The following fields map a process id to a fact.  ``frozen``: the
    frozen control group of the process.  ``container``: the id of the container in whose control group the process is.
    ``unit``: systemd's control group of the unit or session that started the process.  ``parent``: the parent process.
    ``session``: the session of the process.  ``started``: the start of the process in ticks since the boot.
    ``holders`` maps the inode of a socket to the processes that have the socket open.  ``activated`` maps the protocol,
    address (None: every address) and port of a socket that systemd has opened to the unit for which it did so."""

    halted: frozenset[int] = frozenset()
    frozen: Mapping[int, str] = _NOBODY
    container: Mapping[int, str] = _NOBODY
    unit: Mapping[int, str] = _NOBODY
    parent: Mapping[int, int] = _PARENTLESS
    session: Mapping[int, int] = _PARENTLESS
    started: Mapping[int, int] = _PARENTLESS
    holders: Mapping[str, tuple[Holder, ...]] = _UNHELD
    activated: "Mapping[_Listening, str]" = MappingProxyType({})

    def holding(self, inode: str) -> tuple[Holder, ...]:
        """Return the processes that have the socket with this inode open, the smallest id first."""
        return self.holders.get(inode, ())

    def ancestor(self, pid: int) -> int | None:
        """Return the topmost ancestor of the process that is in the same container, or the process itself; None if it
        is not known."""
        own = self.container.get(pid)
        if own is None or pid not in self.parent:
            return None
        seen = {pid}
        while self.container.get(above := self.parent.get(pid, 0)) == own and above not in seen:
            seen.add(above)
            pid = above
        return pid

    def joined_later(self, pid: int) -> bool:
        """Return whether the process became a child of its container's first process as an orphan, long after this
        first process started.  A daemon that ``docker exec`` started looks like this, and so does a daemon that the
        image starts late.

        A process that an engine starts in a container has its own session, and so does a daemon.
        Source: runc libcontainer/nsenter/nsexec.c; setsid(2); PR_SET_CHILD_SUBREAPER(2const)"""
        first, below = self.ancestor(pid), pid
        if first is None or first == pid:
            return False
        while (above := self.parent.get(below, first)) != first:
            below = above
        if not {first, below} <= self.session.keys() & self.started.keys():
            return False
        return self.session[below] != self.session[first] and self.started[below] - self.started[first] > _WITH_IT_TICKS


NOTHING = Processes()


def processes(readings: Readings) -> Processes:
    """Return the facts about the host's processes from all readings about processes."""
    return Processes(
        halted=frozenset(pid for pid, _ in _lines(readings, "halted-processes")),
        frozen=dict(_lines(readings, "frozen-processes")),
        container=dict(_lines(readings, "container-processes")),
        unit=dict(_lines(readings, "process-units")),
        parent=_column(readings, 0),
        session=_column(readings, 1),
        started=_column(readings, 2),
        holders=_holders(readings),
        activated=dict(_units_that_listen(readings)),
    )


def held_by(socket: Socket, holders: tuple[Holder, ...], known: Processes) -> Socket:
    """Return the socket with the facts about the processes that have it open.  If one of these processes is a relay,
    the socket's process is the relay.

    rootlessport accepts a connection, and its child, which is in the container's namespace, connects there.  If the
    child is halted, the child is the socket's process.  Source: rootlesskit pkg/port/builtin/child/child.go

    A socket that systemd has opened for a unit is the unit's: systemd starts the unit's service for a client.  Source:
    systemd.socket(5)"""
    if not holders:
        return socket
    first = next((each for each in holders if each.process in RELAYS), holders[0])
    ids = {each.pid for each in holders}
    child = _halted_child(first, known)
    groups = [known.frozen[each.pid] for each in holders if each.pid in known.frozen]
    unit = known.activated.get((socket.protocol, socket.address, socket.port)) if _MANAGER in ids else None
    return msgspec.structs.replace(
        socket,
        process=unit or first.process,
        pid=first.pid if child is None else child,
        halted=ids <= known.halted or child is not None,
        frozen=groups[0] if groups and ids <= known.frozen.keys() | known.halted else "",
        container=next((known.container[each.pid] for each in holders if each.pid in known.container), None),
        ancestors=tuple(dict.fromkeys(above for each in holders if (above := known.ancestor(each.pid)) is not None)),
        unit=f"/system.slice/{unit}" if unit is not None else known.unit.get(first.pid, ""),
        is_late=all(known.joined_later(each.pid) for each in holders),
    )


def _units_that_listen(readings: Readings) -> Iterator[tuple[_Listening, str]]:
    """Yield what systemd listens on for each socket unit, as ``systemctl show`` prints it: ``Listen=[::]:22 (Stream)``,
    and before systemd 227 ``ListenStream=[::]:22``."""
    for reading in readings.of("units"):
        for block in reading.text.split("\n\n") if ".socket" in reading.text else ():
            name = re.search(r"^Id=(\S+\.socket)$", block, re.MULTILINE)
            for before, address, port, behind in _LISTEN.findall(block) if name is not None else ():
                with suppress(MalformedError):
                    value = parse_address(address.strip("[]").partition("%")[0])[1]
                    protocol = "udp" if "Datagram" in (before, behind) else "tcp"
                    yield (protocol, value or None, int(port)), name[1] if name is not None else ""


def _halted_child(holder: Holder, known: Processes) -> int | None:
    """Return the halted child of a rootlessport; None for any other process, or if its child runs."""
    if holder.process != "rootlessport":
        return None
    return next((pid for pid in sorted(known.halted) if known.parent.get(pid) == holder.pid), None)


def _holders(readings: Readings) -> Mapping[str, tuple[Holder, ...]]:
    """Return the processes by socket inode, from lines ``INODE PID COMMAND``; other lines are skipped."""
    found: dict[str, set[Holder]] = {}
    for reading in readings.of("socket-owners"):
        for line in reading.text.split("\n"):
            inode, _, rest = line.partition(" ")
            pid, _, command = rest.partition(" ")
            if inode.isdigit() and pid.isdigit():
                found.setdefault(inode, set()).add(Holder(command, int(pid)))
    return {inode: tuple(sorted(holders, key=lambda each: each.pid)) for inode, holders in found.items()}


def _column(readings: Readings, number: int) -> Mapping[int, int]:
    """Return one column of the reading for each process.  ``number``: 0 for the parent, 1 for the session, 2 for the
    start of the process."""
    rows = ((pid, text.split()) for pid, text in _lines(readings, "process-parents"))
    return {pid: int(row[number]) for pid, row in rows if len(row) > number and row[number].isdigit()}


def _lines(readings: Readings, key: str) -> list[tuple[int, str]]:
    """Return the lines ``PID`` or ``PID<TAB>TEXT`` in all readings with this key; other lines are skipped."""
    lines = (line.partition("\t") for reading in readings.of(key) for line in reading.text.split("\n"))
    return [(int(pid), text) for pid, _, text in lines if pid.isdigit()]
