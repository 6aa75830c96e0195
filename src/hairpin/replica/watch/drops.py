"""The reasons that the kernel gives for dropping a packet, from the tracepoint skb:kfree_skb, for this process only.

A perf event that is bound to the process sees the packets that the kernel drops while the process sends: a veth passes
a packet to its peer in the sender's context.  The event is a file descriptor, so it ends with the process.  Without
trace events or perf no drop reason is seen, and only rule counters and taps show where a packet was dropped.  Source:
perf_event_open(2), include/trace/events/skb.h
"""

import ctypes
import mmap
import os
import platform
import re
import struct
from collections.abc import Iterable
from pathlib import Path

_FORMATS = tuple(Path(root) / "events/skb/kfree_skb" for root in ("/sys/kernel/tracing", "/sys/kernel/debug/tracing"))
_NUMBERS = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319, "s390x": 331}
"""The number of the system call perf_event_open, by machine architecture."""
_TYPE_TRACEPOINT = 2
_SAMPLE_TIME, _SAMPLE_RAW = 1 << 2, 1 << 10
_RECORD_SAMPLE = 9
_PAGES = 16
_BORING = frozenset({"NOT_SPECIFIED", "SOCKET_FILTER", "TAP_FILTER", "SOCKET_CLOSE", "QUEUE_PURGE"})
"""Drop reasons that say nothing about the flow.

The kernel gives these reasons for copies of packets, and for packets for which no socket waits."""
_FLOODED = frozenset({"NO_TX_TARGET"})
"""The drop reason of a frame that a bridge flooded, but for which it had no port.

Usually the frame is a neighbour solicitation or a multicast frame from a new link, even of another bridge on this
machine.  Source: net/bridge/br_forward.c br_flood(), br_multicast_flood()"""


def may_be_the_flows(reasons: Iterable[str]) -> bool:
    """Return whether one of the reasons may be about the flow's own packet."""
    return any(each not in _FLOODED for each in reasons)


class Drops:
    """Reads the drop reasons since the last reading."""

    def __init__(self) -> None:
        """Begin to watch.  The property ``available`` tells whether this start succeeded."""
        self._reasons: dict[int, str] = {}
        self._offset = 0
        self._fd = -1
        self._map: mmap.mmap | None = None
        folder = next((each for each in _FORMATS if each.is_dir()), None)
        number = _NUMBERS.get(platform.machine())
        if folder is None or number is None:
            return
        form = (folder / "format").read_text("ascii")
        offset = re.search(r"enum skb_drop_reason reason;\s*offset:(\d+)", form)
        if offset is None:  # kernels before 5.17 have no drop reasons
            return
        self._offset = int(offset[1])
        self._reasons = {int(value): name for value, name in re.findall(r'\{ (\d+), "(\w+)" \}', form)}
        self._open(number, int((folder / "id").read_text("ascii")))

    @property
    def available(self) -> bool:
        """Whether drop reasons can be seen on this machine."""
        return self._map is not None

    def _open(self, number: int, event: int) -> None:
        # struct perf_event_attr, PERF_ATTR_SIZE_VER0: type size config period sample_type read_format flags wakeup ...
        attributes = struct.pack(
            "<IIQQQQQIIQ", _TYPE_TRACEPOINT, 64, event, 1, _SAMPLE_TIME | _SAMPLE_RAW, 0, 0, 1, 0, 0
        )
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.syscall(number, attributes, 0, -1, -1, 8)  # this process, every CPU, PERF_FLAG_FD_CLOEXEC
        if self._fd < 0:
            return
        try:
            self._map = mmap.mmap(self._fd, (1 + _PAGES) * mmap.PAGESIZE)
        except OSError:
            os.close(self._fd)

    def read(self) -> tuple[str, ...]:
        """Return the drop reasons since the last reading, in order, except the reasons in ``_BORING``."""
        if self._map is None:
            return ()
        head, tail = struct.unpack_from("<QQ", self._map, 1024)
        found: list[str] = []
        size = _PAGES * mmap.PAGESIZE
        while tail < head:
            at = tail % size
            record = self._slice(at, 8, size)
            kind, _, length = struct.unpack("<IHH", record)
            if kind == _RECORD_SAMPLE:
                body = self._slice(at, length, size)
                (reason,) = struct.unpack_from("<I", body, 8 + 8 + 4 + self._offset)
                found.append(self._reasons.get(reason & 0xFFFF, str(reason)))
            tail += length
        struct.pack_into("<Q", self._map, 1032, head)
        return tuple(each for each in found if each not in _BORING)

    def _slice(self, at: int, length: int, size: int) -> bytes:
        assert self._map is not None
        start = mmap.PAGESIZE + at
        if at + length <= size:
            return self._map[start : start + length]
        first = size - at
        return self._map[start : start + first] + self._map[mmap.PAGESIZE : mmap.PAGESIZE + length - first]
