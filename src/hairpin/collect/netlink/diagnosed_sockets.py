"""Listening TCP and unconnected UDP sockets by sock_diag, as ``ss -H -n -l -e -m -t -u`` lists them.

Source: sock_diag(7), linux/inet_diag.h; iproute2 misc/ss.c inet_show_sock(), inet_addr_print(), print_skmeminfo()
"""

import struct
from _socket import AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, inet_ntop
from collections.abc import Iterator

from hairpin.collect.netlink.channel import NATIVE, Channel, NotOrdinaryError, attributes, u32

_BY_FAMILY = 20
_LISTEN, _UNCONNECTED = 10, 7
_STATES = {_LISTEN: "LISTEN", _UNCONNECTED: "UNCONN"}
_REQUEST = struct.Struct("=BBBxI48s")
_SOCKET = struct.Struct("=BBxx2s2s16s16sI8sIIIII")
_V6ONLY, _MEMORY, _MARK, _GROUP = 11, 7, 15, 21
_ASKED = 1 << _MEMORY - 1
_FIELDS = ("r", "rb", "t", "tb", "f", "w", "o", "bl", "d")
"""SK_MEMINFO_* of linux/sock_diag.h, as ss prints them."""


def listed_sockets(diagnosis: Channel, names: dict[int, str]) -> str:
    """Return the sockets of the namespace of a channel, in the order of ss; raise NotOrdinaryError or OSError.

    TCP is asked for listening sockets alone: for any other state the kernel walks the connections of all namespaces
    (net/ipv4/inet_diag.c inet_diag_dump_icsk())."""
    return "".join(
        _line(each, word, names)
        for protocol, state, word in ((IPPROTO_UDP, _UNCONNECTED, "udp"), (IPPROTO_TCP, _LISTEN, "tcp"))
        for family in (AF_INET, AF_INET6)
        for each in diagnosis.dump(_BY_FAMILY, _REQUEST.pack(family, protocol, _ASKED, 1 << state, bytes(48)))
    )


def _line(message: bytes, protocol: str, names: dict[int, str]) -> str:
    """Return the two lines of a socket: its ends and owner, and its memory."""
    (
        family, state, port, far_port, address, far_address, index, cookie, _, received, sent, uid, inode,
    ) = _SOCKET.unpack_from(message)  # fmt: skip
    tags = attributes(message, _SOCKET.size)
    if family not in (AF_INET, AF_INET6) or state not in _STATES or _MEMORY not in tags:
        raise NotOrdinaryError("a socket of an unknown family or state")
    if index and index not in names:
        raise NotOrdinaryError("a socket on a link that is not listed")
    v6only = any(tags.get(_V6ONLY, b""))
    near = _end(family, address, port, names.get(index, ""), v6only=v6only)
    words = [
        protocol,
        _STATES[state],
        str(received),
        str(sent),
        near,
        _end(family, far_address, far_port, "", v6only=v6only),
    ]
    words += _details(uid, inode, cookie, tags)
    memory = struct.unpack(f"={len(tags[_MEMORY]) // 4}I", tags[_MEMORY])
    shown = ",".join(f"{field}{value}" for field, value in zip(_FIELDS, memory, strict=False))
    return f"{' '.join(words)}\n\t skmem:({shown})\n"


def _end(family: int, address: bytes, port: bytes, device: str, *, v6only: bool) -> str:
    number = int.from_bytes(port) or "*"
    at = f"%{device}" if device else ""
    if family == AF_INET:
        return f"{inet_ntop(family, address[:4])}{at}:{number}"
    if not v6only and not any(address):
        return f"*{at}:{number}"
    return f"[{inet_ntop(family, address)}]{at}:{number}"


def _details(uid: int, inode: int, cookie: bytes, tags: dict[int, bytes]) -> Iterator[str]:
    if uid:
        yield f"uid:{uid}"
    low, high = u32(cookie), u32(cookie[4:])
    yield f"ino:{inode}"
    yield f"sk:{high << 32 | low:x}"
    if _GROUP in tags:
        yield f"cgroup:unreachable:{int.from_bytes(tags[_GROUP][:8], NATIVE):x}"
    if _V6ONLY in tags:
        yield f"v6only:{tags[_V6ONLY][0]}"
    yield "<->"
    if any(tags.get(_MARK, b"")):
        yield f"fwmark:0x{u32(tags[_MARK]):x}"
