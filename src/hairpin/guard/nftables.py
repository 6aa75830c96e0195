"""The generations of nftables: each committed transaction of nft and iptables-nft, and the thread that sent it.

Source: linux/netfilter/nf_tables.h, net/netfilter/nf_tables_api.c nf_tables_fill_gen_info()
"""

import struct
from collections.abc import Iterable, Iterator
from socket import AF_NETLINK, SO_RCVBUF, SOCK_RAW, SOL_SOCKET, socket

from hairpin.collect.netlink.channel import NETFILTER, attributes

_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_BUFFER = 1 << 22
"""A restore of 50,000 rules is told rule by rule."""
_GROUP = 7
"""NFNLGRP_NFTABLES"""
_NEW_GENERATION = 10 << 8 | 15
"""NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN"""
_ID, _THREAD, _NAME = 1, 2, 3
HEADER = struct.Struct("=IHHII")
LONGEST = 1 << 16


def open_socket() -> socket:
    """Return a socket that is told of the generations of the thread's network namespace."""
    return told_socket(NETFILTER, (_GROUP,))


def told_socket(protocol: int, groups: Iterable[int]) -> socket:
    """Return a netlink socket that is a member of these groups in the thread's network namespace, and never blocks."""
    found = socket(AF_NETLINK, SOCK_RAW, protocol)
    found.bind((0, 0))  # the kernel tells nothing to a socket without an address
    found.setsockopt(SOL_SOCKET, SO_RCVBUF, _BUFFER)
    for group in groups:
        found.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
    found.setblocking(False)
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


def generations(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield the number, the thread and its name of each generation that a datagram tells."""
    for kind, _, payload in messages(data):
        if kind == _NEW_GENERATION:
            found = attributes(payload, 4)
            name = found.get(_NAME, b"").rstrip(b"\0").decode("utf-8", "backslashreplace")
            yield _number(found.get(_ID)), _number(found.get(_THREAD)), name


def _number(value: bytes | None) -> int:
    return int.from_bytes(value or b"", "big")
