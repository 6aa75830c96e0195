"""Finds the process that has the port of a netlink socket, which is all that rtnetlink tells of who asked.

The kernel gives the first such socket of a process the process's number, and others a negative one; libnl puts the
number into the lower 22 bits; and anybody may choose another.  So the port proves nothing: the process's own list of
open files does.  A program such as ``ip`` ends in the millisecond after its change.  If no socket has the port any
more, the process with this number is meant, if it has just been seen to live and is gone with its socket, or if it has
begun a moment ago.

Source: net/netlink/af_netlink.c netlink_autobind(), libnl lib/socket.c generate_local_port()
"""

import os
import time
from collections.abc import Iterable, Iterator

from hairpin.guard.change import Culprit
from hairpin.guard.culprit import Makers

_INODE = 9
"""The column of /proc/net/netlink with the socket's inode; columns 1 and 2 are the family and the port."""
_OF_LIBNL = 0x3FFFFF
_LONGEST_S = 0.25
"""So long all processes are searched for a socket at most: others wait to be named."""
_MOST_OWNERS = 64


class Ports:
    """The ports of the network namespace of this process."""

    def __init__(self, makers: Makers) -> None:
        self._makers = makers
        self._owners: dict[int, tuple[int, str]] = {}
        """Who was found to have a socket, by its inode: the process, and the name of the open file in /proc."""

    def makers(self, ports: Iterable[int]) -> dict[int, Culprit]:
        """Return the processes that have these ports, as far as that is proven."""
        wanted = set(ports)
        if not wanted:
            return {}
        # A process that ends is read before anything else is looked up.
        early = {port: self._makers.of(port) for port in wanted if port <= _OF_LIBNL}
        inodes = _inodes(wanted)
        found: dict[int, Culprit] = {}
        for port in wanted:
            inode = inodes.get(port)
            if inode is None:
                maker = early.get(port)
                if maker is not None and self._makers.has_just_lived(port):
                    found[port] = maker
                continue
            pid = self._owner(port, inode)
            maker = early.get(port) if pid == port else self._makers.of(pid)
            if pid and maker is not None:
                found[port] = maker
        return found

    def _owner(self, port: int, inode: int) -> int:
        """Return the process that has the socket; 0 if none is found."""
        link = f"socket:[{inode}]"
        pid, file = self._owners.get(inode, (0, ""))
        if pid and _link(file) == link:
            return pid
        tried = dict.fromkeys((port, port & _OF_LIBNL, *(pid for pid, _ in self._owners.values())))
        until = time.monotonic() + _LONGEST_S
        for each in (*(each for each in tried if each > 0), *_processes()):
            file = next((name for name in _files(each) if _link(name) == link), "")
            if file:
                if len(self._owners) >= _MOST_OWNERS:
                    self._owners.clear()
                self._owners[inode] = (each, file)
                return each
            if time.monotonic() > until:
                break
        return 0


def _inodes(ports: set[int]) -> dict[int, int]:
    """Return the inodes of the rtnetlink sockets with these ports."""
    found: dict[int, int] = {}
    with open("/proc/self/net/netlink", encoding="ascii") as file:  # noqa: PTH123 - quick
        for words in map(str.split, file):
            if len(words) > _INODE and words[1] == "0" and int(words[2]) in ports:
                found[int(words[2])] = int(words[_INODE])
    return found


def _processes() -> Iterator[int]:
    yield from sorted((int(each) for each in os.listdir("/proc") if each.isdigit()), reverse=True)  # noqa: PTH208


def _files(pid: int) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    try:
        yield from (f"{folder}/{each}" for each in os.listdir(folder))  # noqa: PTH208 - quick
    except OSError:
        return


def _link(file: str) -> str:
    try:
        return os.readlink(file)  # noqa: PTH115 - quick
    except OSError:
        return ""
