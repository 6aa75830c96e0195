"""fanotify: files and folders that are marked, and what happens to them by which process.

The number of the process is that of the reader's process namespace, and 0 for a process that has none in it.

Source: fanotify(7), fanotify_init(2), fanotify_mark(2), linux/fanotify.h
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_CLOSED_AT_EXEC, _NEVER_BLOCKS = 0x1, 0x2
NAMES = 0xC00
"""FAN_REPORT_DFID_NAME: the folder and the name are told instead of an open file.  Since Linux 5.9."""
MODIFIED = 0x2
CHILDREN_CHANGED = 0x08000000 | 0x8 | 0x40 | 0x80 | 0x200
"""FAN_EVENT_ON_CHILD | FAN_CLOSE_WRITE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE"""
CREATED, FOLDERS = 0x100, 0x40000000
"""FAN_CREATE, FAN_ONDIR"""
_OVERFLOW = 0x4000
_ADD = 0x1
_AT_FDCWD = -100
_EVENT = struct.Struct("=IBBHQii")
_INFORMATION = struct.Struct("=BBH8sI")
"""struct fanotify_event_info_fid: type, padding, length, file system, and how long the folder's handle is.  Behind them
are the handle's type (4 bytes), the handle, and the file's name, which ends with a zero byte."""
_NAMED = 2
"""FAN_EVENT_INFO_TYPE_DFID_NAME"""
_LONGEST_HANDLE = 128
"""MAX_HANDLE_SZ"""
_AT_HANDLE_FID = 0x200
"""A handle that is only compared, which file systems without handles to open have, too.  Since Linux 6.5."""


class FanotifyEvent(NamedTuple):
    """What happened to a file.  ``mask``: what, in fanotify's bits.  ``place``: the path of an open file, or the handle
    of the folder.  ``name``: the name in the folder; empty with a path.  ``is_lost``: the kernel has thrown events
    away, and this one is no event of a file."""

    mask: int
    pid: int
    path: str = ""
    handle: bytes = b""
    name: str = ""

    @property
    def is_lost(self) -> bool:
        """Whether the kernel has thrown events away; then this is none of a file."""
        return bool(self.mask & _OVERFLOW)


class Marks:
    """A group of marks.  ``descriptor``: readable when there are events."""

    def __init__(self, flags: int = 0) -> None:
        """Raises OSError if the process may not watch files (CAP_SYS_ADMIN), or if the kernel is too old."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._libc.fanotify_init(
            _CLOSED_AT_EXEC | _NEVER_BLOCKS | flags, os.O_RDONLY | os.O_CLOEXEC
        )
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def mark(self, path: Path, mask: int) -> bool:
        """Mark a file or a folder, and return whether it is marked now."""
        done: int = self._libc.fanotify_mark(self.descriptor, _ADD, ctypes.c_uint64(mask), _AT_FDCWD, os.fsencode(path))
        return done == 0

    def handle(self, path: Path) -> bytes:
        """Return the handle by which events name a folder; empty if its file system has none."""
        for flags in (0, _AT_HANDLE_FID):
            asked = ctypes.create_string_buffer(struct.pack("=I", _LONGEST_HANDLE), 8 + _LONGEST_HANDLE)
            mount = ctypes.c_int()
            done: int = self._libc.name_to_handle_at(_AT_FDCWD, os.fsencode(path), asked, ctypes.byref(mount), flags)
            if done == 0:
                return asked.raw[8 : 8 + struct.unpack_from("=I", asked.raw)[0]]
        return b""

    def events(self) -> Iterator[FanotifyEvent]:
        """Yield the events that wait, as far as they fit into one read."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return
        start = 0
        while start + _EVENT.size <= len(data):
            length, _, _, head, mask, file, pid = _EVENT.unpack_from(data, start)
            if mask & _OVERFLOW:
                yield FanotifyEvent(mask, 0)
            elif file >= 0:
                yield FanotifyEvent(mask, pid, path=_path(file))
            else:
                yield from (FanotifyEvent(mask, pid, "", *each) for each in _names(data[start + head : start + length]))
            start += length or len(data)

    def close(self) -> None:
        """Stop watching."""
        with suppress(OSError):
            os.close(self.descriptor)


def _path(file: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{file}")  # noqa: PTH115 - quick
    finally:
        os.close(file)


def _names(data: bytes) -> Iterator[tuple[bytes, str]]:
    start = 0
    while start + _INFORMATION.size <= len(data):
        kind, _, length, _, handle = _INFORMATION.unpack_from(data, start)
        if kind == _NAMED:
            begin = start + _INFORMATION.size + 4
            name = data[begin + handle : start + length].split(b"\0")[0]
            yield data[begin : begin + handle], name.decode("utf-8", "backslashreplace")
        start += length or len(data)
