"""Netlink sockets that are told of changes: opened as members of groups, with a large buffer, and read until empty.

Source: netlink(7), socket(7), net/netlink/af_netlink.c do_one_broadcast(): a socket's filter runs before its buffer is
filled, so what is not wanted takes no memory
"""

import ctypes
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from socket import AF_NETLINK, SO_RCVBUF, SOCK_RAW, SOL_SOCKET, socket

from hairpin.guard.change import SeenChange
from hairpin.guard.sources.source import Source

_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_SO_RCVBUFFORCE, _SO_ATTACH_FILTER = 33, 26
_BUFFER = 1 << 26
"""64 MiB at most: the kernel takes memory for messages that wait, and none before."""
HEADER = struct.Struct("=IHHII")
LONGEST = 1 << 16
_ATTRIBUTE = struct.Struct("=HH")
_TYPE = 0x3FFF
"""The type of an attribute without NLA_F_NESTED and NLA_F_NET_BYTEORDER."""
_MOST = 256
"""How many datagrams are read before the other sources have their turn."""
_LOAD_HALF, _LOAD_WORD, _IS_EQUAL, _END = 0x28, 0x20, 0x15, 0x06
"""BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K"""


class Only:
    """A filter: only datagrams whose first message has one of these numbers at an offset, of ``size`` bytes (2 or 4),
    in the machine's order."""

    def __init__(self, offset: int, size: int, numbers: Iterable[int]) -> None:
        known = tuple(numbers)
        # BPF loads numbers in the network's order.
        order = "=H" if size == 2 else "=I"
        swapped = tuple(int.from_bytes(struct.pack(order, each), "big") for each in known)
        load = _LOAD_HALF if size == 2 else _LOAD_WORD
        count = len(swapped)
        acts = [(load, 0, 0, offset)]
        acts += [(_IS_EQUAL, count - place, 0, each) for place, each in enumerate(swapped)]
        acts += [(_END, 0, 0, 0), (_END, 0, 0, 0xFFFFFFFF)]
        self._code = b"".join(struct.pack("=HBBI", *each) for each in acts)
        self._count = len(acts)

    def attach(self, to: socket) -> None:
        """Let the kernel throw away what else is told to the socket."""
        code = ctypes.create_string_buffer(self._code, len(self._code))
        to.setsockopt(SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", self._count, ctypes.addressof(code)))


def told_socket(protocol: int, groups: Iterable[int], only: Only | None = None) -> socket:
    """Return a netlink socket that is a member of these groups in the thread's network namespace, and never blocks.

    Raises OSError if there is no such protocol, or if the process may not listen."""
    found = socket(AF_NETLINK, SOCK_RAW, protocol)
    try:
        if only is not None:
            only.attach(found)
        found.bind((0, 0))  # the kernel tells nothing to a socket without an address
        try:
            found.setsockopt(SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        except PermissionError:
            found.setsockopt(SOL_SOCKET, SO_RCVBUF, _BUFFER)  # as much as net.core.rmem_max allows
        for group in groups:
            found.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        found.setblocking(False)
    except OSError:
        found.close()
        raise
    return found


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield type, sender's port and payload of each message of a datagram."""
    start, size = 0, len(data)
    while start + HEADER.size <= size:
        length, kind, _, _, port = HEADER.unpack_from(data, start)
        if length < HEADER.size or start + length > size:
            return
        yield kind, port, data[start + HEADER.size : start + length]
        start += length + 3 & ~3


def attributes(data: bytes, start: int) -> dict[int, bytes]:
    """Return the values of the attributes that begin at an offset, by their types, as far as they are whole."""
    found: dict[int, bytes] = {}
    while start + 4 <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, start)
        if length < 4 or start + length > len(data):
            break
        found[kind & _TYPE] = data[start + 4 : start + length]
        start += length + 3 & ~3
    return found


def datagrams(source: socket) -> Iterator[bytes | None]:
    """Yield the datagrams that wait, and None for those that the kernel has thrown away.  A great many of them are not
    all yielded at once."""
    for _ in range(_MOST):
        try:
            yield source.recv(LONGEST)
        except BlockingIOError:
            return
        except OSError:  # ENOBUFS
            yield None


class ToldSocket(Source):
    """A source that is a netlink socket."""

    def __init__(self, found: socket) -> None:
        self._socket = found

    def descriptors(self) -> tuple[int, ...]:
        """Return the socket's."""
        return (self._socket.fileno(),)

    def close(self) -> None:
        """Close the socket."""
        with suppress(OSError):
            self._socket.close()


def unseen(now_s: float) -> SeenChange:
    """Return that there was more to tell than was kept."""
    return SeenChange("unseen", now_s)
