"""Netlink: sends one request for a dump, and returns the messages of the answer.

    message   := length:u32 type:u16 flags:u16 number:u32 port:u32 payload
    payload   := header attribute*
    attribute := length:u16 type:u16 value padding

Numbers have the machine's byte order.  Source: netlink(7), linux/netlink.h
"""

import os
import struct
import sys

# The module ``socket`` costs several milliseconds to import, and has nothing more that is used here.
from _socket import AF_NETLINK, SO_RCVTIMEO, SOCK_RAW, SOL_SOCKET, socket
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self

NATIVE: Literal["little", "big"] = sys.byteorder
ROUTE, SOCKETS, NETFILTER = 0, 4, 12
"""The netlink families: NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_NETFILTER."""
_REQUEST_DUMP = 0x301
"""NLM_F_REQUEST | NLM_F_DUMP"""
_INTERRUPTED = 0x10
"""NLM_F_DUMP_INTR: the listed things changed while the kernel listed them."""
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_STATUS = struct.Struct("=i")
_ATTRIBUTE = struct.Struct("=HH")
_TYPE = 0x3FFF
"""The type of an attribute without NLA_F_NESTED and NLA_F_NET_BYTEORDER."""
_PATIENCE = struct.pack("@ll", 2, 0)
"""A timeval: two seconds."""
_LONGEST = 1 << 16
"""The kernel splits a dump into datagrams of at most 32 KiB: net/netlink/af_netlink.c netlink_dump()"""


class NotOrdinaryError(Exception):
    """A namespace, or a part of it, has something that this package does not read exactly, so ``collect.sh`` reads
    it."""


class Channel:
    """A netlink socket in the network namespace that the thread is in."""

    def __init__(self, family: int) -> None:
        self._socket = socket(AF_NETLINK, SOCK_RAW, family)
        self._socket.setsockopt(SOL_SOCKET, SO_RCVTIMEO, _PATIENCE)
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def dump(self, kind: int, request: bytes) -> Iterator[bytes]:
        """Yield the payload of each message of a dump.

        Raise OSError if the kernel does not answer, and NotOrdinaryError if it answers with an error, or if what it
        lists has changed meanwhile."""
        self._number += 1
        self._socket.send(_HEADER.pack(16 + len(request), kind, _REQUEST_DUMP, self._number, 0) + request)
        while True:
            data = self._socket.recv(_LONGEST)
            start, size = 0, len(data)
            while start + 16 <= size:
                length, answered, flags, number, _ = _HEADER.unpack_from(data, start)
                if length < 16 or start + length > size:
                    raise NotOrdinaryError("a netlink message is cut")
                if flags & _INTERRUPTED:
                    raise NotOrdinaryError("the namespace changed while it was listed")
                if number == self._number:
                    if answered in (_DONE, _ERROR):
                        _check(data, start, length)
                        return
                    yield data[start + 16 : start + length]
                start += length + 3 & ~3


def _check(data: bytes, start: int, length: int) -> None:
    status = _STATUS.unpack_from(data, start + 16)[0] if length >= 20 else 0
    if status:
        raise NotOrdinaryError(f"netlink: {os.strerror(-status)}")


def attributes(data: bytes, start: int = 0) -> dict[int, bytes]:
    """Return the values of the attributes that begin at an offset, by their types."""
    found: dict[int, bytes] = {}
    size = len(data)
    while start + 4 <= size:
        length, kind = _ATTRIBUTE.unpack_from(data, start)
        if length < 4 or start + length > size:
            raise NotOrdinaryError("a netlink attribute is cut")
        found[kind & _TYPE] = data[start + 4 : start + length]
        start += length + 3 & ~3
    return found


def attribute(kind: int, value: bytes) -> bytes:
    """Return an attribute, padded to a multiple of four bytes."""
    return _ATTRIBUTE.pack(4 + len(value), kind) + value + bytes(-len(value) % 4)


def u32(value: bytes) -> int:
    """Return a number of 32 bits."""
    return int.from_bytes(value[:4], NATIVE)


def require_known(found: dict[int, bytes], known: frozenset[int], what: str) -> None:
    """Raise NotOrdinaryError if there is an attribute of which this package does not know what it means."""
    if not found.keys() <= known:
        raise NotOrdinaryError(f"{what} with the attribute {min(found.keys() - known)}")


def name(value: bytes) -> str:
    """Return a name that ends with a zero byte; raise NotOrdinaryError if it is not plain ASCII."""
    text = value.rstrip(b"\0").decode("latin-1")
    if not text.isascii() or not text.isprintable():
        raise NotOrdinaryError("a name is not plain ASCII")
    return text
