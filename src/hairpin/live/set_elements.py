"""Asks the kernel whether sets of nftables contain addresses.  The kernel looks the address up, so the length of the
set does not matter.

``nft get element`` asks the same question.  But nft 1.0 reads all elements of every set before it asks, which takes
seconds for 700,000 elements.

Source: linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink.h; net/netfilter/nf_tables_api.c nf_tables_getsetelem()
"""

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import get_args

from hairpin.netfilter.ir import Family

_NETLINK_NETFILTER = 12
_GET_ELEMENT = 10 << 8 | 13
"""The type of the netlink message: ``NFNL_SUBSYS_NFTABLES`` and ``NFT_MSG_GETSETELEM``."""
_REQUEST = 1
_ERROR = 2
_NESTED = 0x8000
_TABLE, _SET, _ELEMENTS, _ELEMENT, _KEY, _VALUE = 1, 2, 3, 1, 1, 1
_FAMILIES: dict[Family, int] = {"inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}
_PATIENCE_S = 2.0
_LONGEST = 1 << 16

assert _FAMILIES.keys() == set(get_args(Family))


def holds(family: Family, table: str, name: str, keys: Iterable[bytes]) -> Iterator[bool]:
    """Yield for each key whether the set contains it.  A key is an address in network byte order, and the set is in the
    network namespace of this process.

    A set that does not exist contains no key.  Raises OSError if the kernel does not answer, or if this process may not
    ask it.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as kernel:
        kernel.bind((0, 0))
        kernel.settimeout(_PATIENCE_S)
        place = _attribute(_TABLE, os.fsencode(table) + b"\0") + _attribute(_SET, os.fsencode(name) + b"\0")
        for number, key in enumerate(keys):
            element = _nest(_ELEMENT, _nest(_KEY, _attribute(_VALUE, key)))
            body = struct.pack("=BBH", _FAMILIES[family], 0, 0) + place + _nest(_ELEMENTS, element)
            kernel.send(struct.pack("=IHHII", 16 + len(body), _GET_ELEMENT, _REQUEST, number, 0) + body)
            yield _is_found(kernel.recv(_LONGEST))


def _is_found(answer: bytes) -> bool:
    _, kind, _, _, _ = struct.unpack_from("=IHHII", answer)
    if kind != _ERROR:
        return True
    (status,) = struct.unpack_from("=i", answer, 16)
    if status == -errno.ENOENT:
        return False
    raise OSError(-status, os.strerror(-status))


def _attribute(kind: int, value: bytes) -> bytes:
    """Return a netlink attribute, padded to a multiple of four bytes: netlink(7)."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _nest(kind: int, value: bytes) -> bytes:
    return _attribute(kind | _NESTED, value)
