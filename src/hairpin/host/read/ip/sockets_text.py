"""Listening TCP and bound UDP sockets from ``ss -n -l -e -t -u``, with ``-p`` or ``-m`` or without.

    socket := ("tcp" | "udp") STATE RECV-Q SEND-Q LOCAL PEER ["users:((" PROCESS "))"] ["uid:" UID] … ["v6only:" 0|1]
              [[NEWLINE TAB] "skmem:(r" RECEIVED ",rb" BUFFER …]
    LOCAL  := ("*" | IPV4 | "[" IPV6 "]") ["%" DEVICE] ":" PORT

``*`` is a wildcard for IPv6 and IPv4.  iproute2 before 4.15 (CentOS 7) prints no brackets: there ``*`` is the wildcard
for IPv4, and ``:::80`` has the wildcard for IPv6.  Source: iproute2 misc/ss.c inet_addr_print(), sock_addr_print().

Listening TCP and bound UDP sockets from ``/proc/net/tcp``, ``tcp6``, ``udp``, ``udp6``, on hosts without ``ss``.

    line := N ":" HEX ":" PORT  HEX ":" PORT  STATE  TX ":" RX  TIMER ":" WHEN  RETRANSMITS  UID TIMEOUT INODE …

An address is printed as 32-bit words of the machine, so on a little-endian machine its bytes are in reverse order.
Source: net/ipv4/tcp_ipv4.c get_tcp4_sock(), net/ipv6/udp.c udp6_seq_show(), include/net/tcp_states.h.
"""

import re
from typing import Literal

import msgspec

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.link import Link
from hairpin.host.read.processes import NOTHING, Holder, Processes, held_by
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.netfilter.address import parse_address

_USER = re.compile(r'\("(.*?)",pid=(\d+),fd=\d+\)')
_INODE = re.compile(r"(?:^|\s)ino:(\d+)")
_UID = re.compile(r"(?:^|\s)uid:(\d+)")
_MARK = re.compile(r"(?:^|\s)fwmark:(0x[0-9a-f]+)")
_MEMORY = re.compile(r"\s+skmem:\(r(\d+),rb(\d+)")
_MAPPED = 0xFFFF
_V4_BITS = 32
_LISTEN, _UNCONNECTED = "0A", "07"


def parse(reading: Reading, *, known: Processes = NOTHING) -> tuple[Socket, ...]:
    """Return the listening TCP and unconnected UDP sockets; raise ParseError with the line.

    ``known``: the processes that have the sockets open."""
    old = _without_brackets(reading.text)
    found: list[Socket] = []
    lines = reading.text.split("\n")
    for line_number, line in enumerate(lines, 1):
        words = line.split(maxsplit=6)
        if not words or words[0] not in ("tcp", "udp"):
            continue
        if words[1:2] not in (["LISTEN"], ["UNCONN"]):
            continue
        try:
            socket = _socket(words, old, reading.id, line_number, known)
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
        # ss -m prints a socket's memory on a separate line.
        following = lines[line_number] if line_number < len(lines) else ""
        found.append(_with_memory(socket, following) if socket.protocol == "udp" else socket)
    asked_kernel = "cgroup:" in reading.text or "v6only:" in reading.text or any(each.backlog for each in found)
    return tuple(found) if asked_kernel else _without_backlogs(found)


def _without_backlogs(sockets: list[Socket]) -> tuple[Socket, ...]:
    """Return the sockets without backlogs.  If each Send-Q is 0, and if all fields that come only from netlink are
    missing, ss has read /proc/net/tcp, which has no backlogs.

    Source: net/ipv4/tcp_ipv4.c get_tcp4_sock(); iproute2 misc/ss.c tcp_show()"""
    return tuple(msgspec.structs.replace(each, backlog=None) for each in sockets)


def unmapped(version: Literal[4, 6], value: int) -> tuple[Literal[4, 6], int]:
    """Return the IP version and the address on which a socket receives packets.  An IPv6 socket that is bound to
    ``::ffff:192.0.2.1`` receives IPv4 packets."""
    if version == 6 and value >> _V4_BITS == _MAPPED:
        return 4, value & 0xFFFFFFFF
    return version, value


def _without_brackets(text: str) -> bool:
    if "[" in text or "0.0.0.0:" in text or "v6only:" in text:
        return False
    return " :::" in text or "ino:" in text


def _socket(words: list[str], old: bool, evidence: str, line: int, known: Processes) -> Socket:
    protocol: Literal["tcp", "udp"] = "tcp" if words[0] == "tcp" else "udp"
    rest = words[6] if len(words) > 6 else ""
    host, _, port = words[4].rpartition(":")
    host, _, device = host.partition("%")
    bracketed = host.startswith("[")
    device = device.removesuffix("]")
    host = host.strip("[]")
    if host == "*":
        version: Literal[4, 6] = 4 if old else 6
        value = 0
    else:
        version, value = unmapped(*parse_address(host or "::"))
    inode = _INODE.search(rest)
    uid, mark = _UID.search(rest), _MARK.search(rest)
    # Without -e, only brackets around the wildcard show an IPv6-only socket: ss prints * for a socket that also accepts
    # IPv4.
    v6only = "v6only:1" in rest or (bracketed and value == 0 and "v6only:" not in rest)
    found = Socket(
        protocol=protocol,
        version=version,
        address=value or None,
        port=int(port),
        device=device or None,
        v6only=version == 6 and v6only,
        uid=int(uid[1]) if uid is not None else 0 if inode is not None else None,
        mark=int(mark[1], 16) if mark is not None else 0,
        backlog=int(words[3]) if protocol == "tcp" else None,
        queued=int(words[2]) if protocol == "tcp" else None,
        evidence=evidence,
        entry=line if evidence else 0,
    )
    return held_by(found, _users(rest) or known.holding(inode[1] if inode is not None else ""), known)


def with_device_names(sockets: tuple[Socket, ...], links: tuple[Link, ...]) -> tuple[Socket, ...]:
    """Return the sockets, in which a device that ss knows only by its index (``if2``) has the link's name.

    Source: iproute2 lib/ll_map.c ll_idx_n2a()"""
    if all(each.device is None for each in sockets):
        return sockets
    names = {f"if{each.index}": each.name for each in links}
    own = {each.name for each in links}
    return tuple(
        msgspec.structs.replace(each, device=names[each.device])
        if each.device is not None and each.device not in own and each.device in names
        else each
        for each in sockets
    )


def _with_memory(socket: Socket, line: str) -> Socket:
    memory = _MEMORY.match(line)
    if memory is None:
        return socket
    return msgspec.structs.replace(socket, received=int(memory[1]), receive_buffer=int(memory[2]))


def _users(text: str) -> tuple[Holder, ...]:
    return tuple(Holder(name, int(pid)) for name, pid in _USER.findall(text))


def proc_net_sockets(
    reading: Reading, *, protocol: Literal["tcp", "udp"], version: Literal[4, 6], known: Processes = NOTHING
) -> tuple[Socket, ...]:
    """Return the sockets in one of the four files of /proc/net; raise ParseError with the line.

    ``known``: the processes that have the sockets open."""
    wanted = _LISTEN if protocol == "tcp" else _UNCONNECTED
    found: list[Socket] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        if not words or words[0] == "sl":
            continue
        try:
            if words[3] == wanted:
                socket = _proc_net_socket(words, protocol, version, reading.id, line_number)
                found.append(held_by(socket, known.holding(words[9]), known))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found)


def with_v6only(sockets: tuple[Socket, ...]) -> tuple[Socket, ...]:
    """Return the sockets.  An IPv6 wildcard socket becomes ``v6only`` if an IPv4 wildcard socket has the same port,
    because otherwise the two sockets could not both be bound.  The files of /proc/net do not show whether a socket is
    ``v6only``.  Most IPv6 sockets accept both IP versions.
    """
    taken = {(item.protocol, item.port) for item in sockets if item.version == 4 and item.address is None}
    return tuple(
        msgspec.structs.replace(item, v6only=True)
        if item.version == 6 and item.address is None and (item.protocol, item.port) in taken
        else item
        for item in sockets
    )


def _proc_net_socket(
    words: list[str], protocol: Literal["tcp", "udp"], version: Literal[4, 6], evidence: str, line: int
) -> Socket:
    host, _, port = words[1].partition(":")
    raw = bytes.fromhex(host)
    if len(raw) != (4 if version == 4 else 16):
        raise MalformedError(message("{text!r} is not an address of IPv{version}", text=host, version=version))
    value = int.from_bytes(b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4)))
    version, value = unmapped(version, value)
    queue = words[4].partition(":")[2]
    return Socket(
        protocol=protocol,
        version=version,
        address=value or None,
        port=int(port, 16),
        uid=int(words[7]),
        queued=int(queue, 16) if protocol == "tcp" else None,
        evidence=evidence,
        entry=line if evidence else 0,
    )
