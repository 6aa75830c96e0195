"""The programs that start: the kernel tells of each fork(2) and execve(2), and what /proc says of the process is kept
for a while.

A program such as ``sysctl`` ends in the millisecond after its change, before anybody could ask who it was.  It lives
longer between its start and its change.  Source: linux/cn_proc.h, drivers/connector/cn_proc.c: only the first
namespaces of processes, of users and of the network are told anything
"""

import ctypes
import errno
import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket

from hairpin.guard.change import SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources.told import Only, ToldSocket, datagrams, told_socket

_CONNECTOR, _GROUP = 11, 1
"""NETLINK_CONNECTOR, CN_IDX_PROC"""
_WHAT_AT = 36
"""Behind struct nlmsghdr (16 bytes) and struct cn_msg (20)."""
_FORK, _EXEC = 1, 2
_EVENT = struct.Struct("=IIQIIII")
"""What, processor, time; of a fork: the parent's thread and process, the child's; of an execve the thread, process."""
_LISTEN, _IGNORE = 1, 2
_ASKED = struct.Struct("=IHHIIIIIIHHI")
_CLONE_NEWNET = 0x40000000
_MOST_A_SECOND = 300
"""So many programs a second are asked for: a host that compiles is not slowed down."""


class StartedProcesses(ToldSocket):
    """Tells no change: it lets those who name a maker know the processes that start."""

    def __init__(self, makers: Makers) -> None:
        """Raises OSError if the process may not listen."""
        with _FirstNetwork():
            super().__init__(told_socket(_CONNECTOR, (_GROUP,), Only(_WHAT_AT, 4, (_EXEC,))))
            self._forks = told_socket(_CONNECTOR, (_GROUP,), Only(_WHAT_AT, 4, (_FORK,)))
        self._makers = makers
        makers.catch_up = self.catch_up
        self._say(_LISTEN)
        self._second, self._count = 0.0, 0

    def _say(self, word: int) -> None:
        for each in (self._socket, self._forks):
            each.send(_ASKED.pack(_ASKED.size, 3, 0, 0, os.getpid(), 1, 1, 0, 0, 4, 0, word))

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield nothing, and keep what starts."""
        del descriptor
        self.catch_up()
        for at_ns, _, process, _, _ in self._events(self._socket):
            if self._may_ask():
                self._makers.started(process, at_ns)
        return iter(())

    def catch_up(self) -> None:
        """Keep what has begun: forks wake nobody, and are taken before anybody is named."""
        for at_ns, _, parent, thread, process in self._events(self._forks):
            self._makers.fork(parent, thread, process, at_ns)

    def asked(self, now_s: float) -> Iterator[SeenChange]:
        """Yield nothing, and keep what has begun."""
        del now_s
        self.catch_up()
        return iter(())

    def _events(self, source: socket) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield the time and the numbers of each event that waits."""
        for data in datagrams(source):
            if data is None:
                self._makers.forget()
            elif len(data) >= _WHAT_AT + _EVENT.size:
                _, _, at_ns, *numbers = _EVENT.unpack_from(data, _WHAT_AT)
                yield at_ns, numbers[0], numbers[1], numbers[2], numbers[3]

    def _may_ask(self) -> bool:
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._count = now, 0
        self._count += 1
        return self._count <= _MOST_A_SECOND

    def stop(self) -> None:
        """Let the kernel stop to tell: before Linux 6.6 it goes on, although nobody listens."""
        with suppress(OSError):
            self._say(_IGNORE)

    def close(self) -> None:
        """Close both sockets."""
        with suppress(OSError):
            self._forks.close()
        super().close()


_KERNEL = Path("/proc/2")
"""kthreadd, which is always in the first namespaces.  The first process may not be looked at in some guests."""


class _FirstNetwork:
    """The network namespace in which the kernel has this protocol."""

    def __enter__(self) -> None:
        """Enter it.  Raises PermissionError if this process sees other processes only."""
        self._own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._is_other = False
        try:
            name = (_KERNEL / "comm").read_text("ascii", errors="replace").strip()
        except FileNotFoundError:
            name = ""
        if name != "kthreadd":
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        file = os.open(_KERNEL / "ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._is_other = os.fstat(file).st_ino != os.fstat(self._own).st_ino
            if self._is_other:
                _enter(file)
        finally:
            os.close(file)

    def __exit__(self, *_: object) -> None:
        try:
            if self._is_other:
                _enter(self._own)
        finally:
            os.close(self._own)


def _enter(file: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(file, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
