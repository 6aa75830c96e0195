"""Writes to the files of /proc/sys/net, which fanotify tells with the process that wrote.

A writer with a /proc of its own, such as a container's process, is not told: of the settings that have netconf
messages, ``links`` still tells the change.  systemd gives a unit with ProtectControlGroups= such a /proc (measured with
257), so the first process's one is watched.  Source: fanotify(7), linux/fanotify.h
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

_FOLDERS = ("ipv4", "ipv6", "bridge", "netfilter")
_PER_LINK = frozenset((
    "forwarding", "route_localnet", "rp_filter", "accept_local", "arp_ignore", "arp_filter", "proxy_arp",
    "send_redirects", "accept_ra", "disable_ipv6", "src_valid_mark", "bc_forwarding",
))  # fmt: skip
_NOTIFY = 0x1 | 0x2
"""FAN_CLOEXEC | FAN_NONBLOCK, with FAN_CLASS_NOTIF, which is 0."""
_ADD = 0x1
_MODIFY = 0x2
_AT_FDCWD = -100
_EVENT = struct.Struct("=IBBHQii")
_OWN, _OF_ALL = Path("/proc/sys/net"), Path("/proc/1/root/proc/sys/net")


class SysctlWatch:
    """The settings of the network namespace in which the process is."""

    def __init__(self) -> None:
        """Raises OSError if the process may not watch files (CAP_SYS_ADMIN)."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._libc.fanotify_init(_NOTIFY, os.O_RDONLY | os.O_CLOEXEC)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self.mark_all()

    def mark_all(self) -> None:
        """Watch each setting that may decide about packets, also those of links that came since."""
        for path in _settings():
            self._libc.fanotify_mark(self.descriptor, _ADD, ctypes.c_uint64(_MODIFY), _AT_FDCWD, os.fsencode(path))

    def writes(self) -> Iterator[tuple[str, int]]:
        """Yield each written setting and the id of the process."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return
        start = 0
        while start + _EVENT.size <= len(data):
            length, _, _, _, _, file, pid = _EVENT.unpack_from(data, start)
            start += length
            if file >= 0:
                try:
                    path = str(Path(f"/proc/self/fd/{file}").readlink())
                finally:
                    os.close(file)
                # The kernel writes (unreachable) before the path of another mount namespace.
                yield path.rpartition("/sys/")[2].replace("/", "."), pid

    def close(self) -> None:
        """Stop watching."""
        os.close(self.descriptor)


def _settings() -> Iterator[Path]:
    root = _OF_ALL if os.access(_OF_ALL, os.R_OK) else _OWN
    for folder in _FOLDERS:
        top = root / folder
        if not top.is_dir():
            continue
        yield from (each for each in top.iterdir() if each.is_file())
        conf = top / "conf"
        for link in conf.iterdir() if conf.is_dir() else ():
            yield from (each for each in link.iterdir() if each.name in _PER_LINK)
