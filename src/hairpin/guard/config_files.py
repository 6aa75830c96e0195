"""Files that programs of the network load later: their change harms at the next restart, and is told now.

fanotify tells the name of the file, and the process that wrote, renamed or removed it.  In folders with many other
files only known names count.  Source: fanotify(7), FAN_REPORT_DFID_NAME; linux/fanotify.h
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

_INIT = 0x1 | 0x2 | 0xC00
"""FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME"""
_MASK = 0x08000000 | 0x8 | 0x40 | 0x80 | 0x200
"""FAN_EVENT_ON_CHILD | FAN_CLOSE_WRITE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE"""
_ADD, _AT_FDCWD = 0x1, -100
_EVENT = struct.Struct("=IBBHQii")
_INFORMATION = struct.Struct("=BBH8sI")
"""struct fanotify_event_info_fid: type, padding, length, file system, and how long the folder's handle is.  Behind them
are the handle's type (4 bytes), the handle, and the file's name, which ends with a zero byte."""
_NAMED = 2
"""FAN_EVENT_INFO_TYPE_DFID_NAME"""

FOLDERS = (
    "docker", "containers", "containers/containers.conf.d", "containers/networks", "containers/systemd", "cni/net.d",
    "sysctl.d", "modules-load.d", "modprobe.d", "firewalld", "firewalld/zones", "firewalld/policies",
    "firewalld/services", "ufw", "iptables", "nftables.d", "network", "network/interfaces.d", "netplan",
    "systemd/network", "systemd/system", "systemd/system/docker.service.d", "NetworkManager/system-connections",
    "fail2ban/jail.d",
)  # fmt: skip
"""Folders of /etc of which each file counts."""
NAMED = {
    "": frozenset(("sysctl.conf", "nftables.conf", "resolv.conf", "rc.local", "daemon.json")),
    "default": frozenset(("docker", "ufw", "netfilter-persistent")),
    "sysconfig": frozenset(("docker", "iptables", "ip6tables", "nftables.conf")),
}
"""Folders of /etc of which only these files count."""


class FileWatch:
    """The configuration of this host, in groups: each group is a descriptor, and the names that count in it."""

    def __init__(self, root: Path = Path("/etc")) -> None:
        """Raises OSError if the process may not watch files, or if the kernel (before 5.9) tells no names."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        every = tuple(root / each for each in FOLDERS)
        self.groups: dict[int, frozenset[str]] = {self._group(every): frozenset()}
        for folder, names in NAMED.items():
            self.groups[self._group((root / folder,))] = names

    def _group(self, folders: tuple[Path, ...]) -> int:
        libc = self._libc
        descriptor: int = libc.fanotify_init(_INIT, os.O_RDONLY | os.O_CLOEXEC)
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        for each in folders:
            if each.is_dir():
                libc.fanotify_mark(descriptor, _ADD, ctypes.c_uint64(_MASK), _AT_FDCWD, os.fsencode(each))
        return descriptor

    def writes(self, descriptor: int) -> Iterator[tuple[str, int]]:
        """Yield the name of each changed file that counts, and the id of the process, of one group."""
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        counting = self.groups[descriptor]
        start = 0
        while start + _EVENT.size <= len(data):
            length, _, _, head, _, _, pid = _EVENT.unpack_from(data, start)
            for name in _names(data[start + head : start + length]):
                if not counting or name in counting:
                    yield name, pid
            start += length

    def close(self) -> None:
        """Stop watching."""
        for each in self.groups:
            os.close(each)


def _names(data: bytes) -> Iterator[str]:
    start = 0
    while start + _INFORMATION.size <= len(data):
        kind, _, length, _, handle = _INFORMATION.unpack_from(data, start)
        if kind == _NAMED:
            begin = start + _INFORMATION.size + 4 + handle
            yield data[begin : start + length].split(b"\0")[0].decode("utf-8", "backslashreplace")
        start += length or len(data)
