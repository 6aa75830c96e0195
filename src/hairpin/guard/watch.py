"""Joins what the kernel tells into bursts: changes that follow each other closely are one.

Everything is opened in the network namespace of the calling thread.  What could not be opened is named: a guard that
sees half of it is not silent about the other half.
"""

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket

from hairpin.guard import legacy, links, nftables
from hairpin.guard.change import Culprit, Part, SeenChange
from hairpin.guard.config_files import FileWatch
from hairpin.guard.culprit import culprit_of, numbers_are_own
from hairpin.guard.sysctls import SysctlWatch
from hairpin.message import Message, message

QUIET_S, LONGEST_S = 0.05, 0.5
"""A burst ends after this time without a change, and at the latest after the second time."""


class Watch:
    """The sources of changes.  ``blind``: what cannot be watched, and why."""

    def __init__(self) -> None:
        self.blind: list[Message] = []
        self._knows_threads = numbers_are_own()
        self._poll = select.poll()
        self._rules = self._open(nftables.open_socket, message("the rules of nftables"))
        self._links = self._open(links.open_socket, message("links, addresses and routes"))
        self._sysctls: SysctlWatch | None = None
        try:
            self._sysctls = SysctlWatch()
            self._poll.register(self._sysctls.descriptor, select.POLLIN)
        except OSError as error:
            self.blind.append(_blind(message("who writes settings of the kernel"), error))
        self._files: FileWatch | None = None
        try:
            self._files = FileWatch()
            for each in self._files.groups:
                self._poll.register(each, select.POLLIN)
        except OSError as error:
            self.blind.append(_blind(message("files that are loaded later"), error))
        self._others: dict[int, Callable[[], None]] = {}
        self._tables = legacy.table_sizes()
        self._asked_s = time.monotonic()

    @property
    def sees_nothing(self) -> bool:
        """Whether no source could be opened."""
        return self._rules is None and self._links is None and self._sysctls is None

    def _open(self, make: Callable[[], socket], what: Message) -> socket | None:
        try:
            found = make()
        except OSError as error:
            self.blind.append(_blind(what, error))
            return None
        self._poll.register(found.fileno(), select.POLLIN)
        return found

    def heed(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call something whenever the descriptor can be read, while a burst is awaited.  No change comes of it."""
        self._others[descriptor] = call
        self._poll.register(descriptor, select.POLLIN)

    def leave(self, descriptor: int) -> None:
        """Heed the descriptor no more."""
        del self._others[descriptor]
        self._poll.unregister(descriptor)

    def burst(self, patience_s: float) -> tuple[SeenChange, ...]:
        """Return the changes of the next burst; none if there is no change for ``patience_s`` seconds."""
        found: list[SeenChange] = []
        until = time.monotonic() + patience_s
        while not found and (left := until - time.monotonic()) > 0:
            found += self._next(min(left, legacy.EVERY_S))
        if not found:
            return ()
        until = time.monotonic() + LONGEST_S
        while (left := until - time.monotonic()) > 0:
            more = self._next(min(left, QUIET_S))
            if not more:
                break
            found += more
        if self._sysctls is not None and any(each.part == "links" for each in found):
            self._sysctls.mark_all()
        return tuple(dict.fromkeys(found))

    def _next(self, wait_s: float) -> list[SeenChange]:
        found: list[SeenChange] = []
        for descriptor, _ in self._poll.poll(max(1, round(wait_s * 1000))):
            found += self._of(descriptor)
        if time.monotonic() - self._asked_s >= legacy.EVERY_S:
            self._asked_s = time.monotonic()
            tables = legacy.table_sizes()
            if tables != self._tables:
                found.append(SeenChange("rules", time.time(), "iptables-legacy"))
                self._tables = tables
        own = os.getpid()
        return [each for each in found if each.culprit is None or each.culprit.pid != own]

    def _of(self, descriptor: int) -> Iterator[SeenChange]:
        now = time.time()
        if descriptor in self._others:
            self._others[descriptor]()
        elif self._sysctls is not None and descriptor == self._sysctls.descriptor:
            for name, pid in self._sysctls.writes():
                yield SeenChange("sysctls", now, name, culprit_of(pid))
        elif self._files is not None and descriptor in self._files.groups:
            for name, pid in self._files.writes(descriptor):
                yield SeenChange("files", now, name, culprit_of(pid))
        elif self._rules is not None and descriptor == self._rules.fileno():
            yield from self._datagram(self._rules, now, self._generations)
        elif self._links is not None:
            yield from self._datagram(self._links, now, self._changes)

    def _datagram(
        self, source: socket, now: float, read: Callable[[bytes, float], Iterator[SeenChange]]
    ) -> Iterator[SeenChange]:
        try:
            data = source.recv(nftables.LONGEST)
        except BlockingIOError:
            return
        except OSError:  # ENOBUFS: the kernel has thrown messages away
            yield SeenChange("unseen", now)
            return
        yield from read(data, now)

    def _generations(self, data: bytes, now: float) -> Iterator[SeenChange]:
        for number, thread, name in nftables.generations(data):
            told = culprit_of(thread, name) if self._knows_threads else Culprit(0, name)
            yield SeenChange("rules", now, str(number), told)

    def _changes(self, data: bytes, now: float) -> Iterator[SeenChange]:
        for part, port in links.changes(data):
            yield SeenChange(part, now, "", _holder(part, port))

    def close(self) -> None:
        """Close all sources."""
        for each in (self._rules, self._links):
            if each is not None:
                each.close()
        for held in (self._sysctls, self._files):
            if held is not None:
                with suppress(OSError):
                    held.close()


def _holder(part: Part, port: int) -> Culprit | None:
    """Return the process that has the port of a netlink socket.  Only the first such socket of a process has the
    process's number as its port, and anybody may choose another one, so its own list of sockets decides."""
    if part == "sysctls" or not port or not _has_netlink(port):
        return None
    return culprit_of(port)


_INODE = 9
"""The column of /proc/net/netlink with the socket's inode; columns 1 and 2 are the family and the port."""


def _has_netlink(port: int) -> bool:
    """Return whether the process with the number of the port has the netlink socket with this port."""
    try:
        with open(f"/proc/{port}/net/netlink", encoding="ascii") as file:  # noqa: PTH123 - quick
            rows = (words for words in map(str.split, file) if len(words) > _INODE)
            sockets = {f"socket:[{words[_INODE]}]" for words in rows if words[1:3] == ["0", str(port)]}
        return any(str(each.readlink()) in sockets for each in Path(f"/proc/{port}/fd").iterdir())
    except OSError:
        return False


def _blind(what: Message, error: OSError) -> Message:
    return message("{what} cannot be watched: {reason}", what=what, reason=error.strerror or str(error))
