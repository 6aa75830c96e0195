"""Writes conntrack entries into the kernel's table by netlink, because the tool ``conntrack`` is rarely installed.

An entry is written as the kernel would create it: the tuples without NAT, then the NAT of each direction.
Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h; net/netfilter/nf_conntrack_netlink.c
ctnetlink_new_conntrack(), ctnetlink_setup_nat(); net/netfilter/nf_conntrack_proto_tcp.c nlattr_to_tcp()
"""

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_DNAT, STATUS_SEEN_REPLY, STATUS_SNAT
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, TCP_CLOSED, UDP, Connection, Tcp, Tuple
from hairpin.network.prefix import Version

NETLINK_NETFILTER = 12
_SUBSYSTEM = 1
_NEW, _DELETE = 0, 2
_REQUEST, _ACK, _EXCL, _CREATE = 0x1, 0x4, 0x200, 0x400
_NLMSG_ERROR = 2
_NESTED = 0x8000
_TUPLE_ORIG, _TUPLE_REPLY, _STATUS, _PROTOINFO, _NAT_SRC, _TIMEOUT, _MARK, _NAT_DST, _ZONE = 1, 2, 3, 4, 6, 7, 8, 13, 18
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_PROTO_NUM, _SRC_PORT, _DST_PORT = 1, 2, 3
_ICMP = {ICMP: (4, 5, 6), ICMP6: (7, 8, 9)}
"""The netlink attributes for the id, type and code of an ICMP message, by protocol."""
_TCP_INFO, _TCP_STATE, _TCP_FLAGS_ORIGINAL, _TCP_FLAGS_REPLY = 1, 1, 4, 5
_CLOSE_INIT, _BE_LIBERAL = 0x04, 0x08
"""The flag of a side that began to close the connection, and the flag that stops conntrack from checking sequence
numbers.  The sequence numbers of a rebuilt entry are not known."""
_NAT_PROTO, _PORT_MIN, _PORT_MAX = 3, 1, 2
_TCP_STATES = (
    "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",
    "SYN_SENT2",
)  # fmt: skip
_KEPT = STATUS_CONFIRMED | STATUS_SEEN_REPLY | STATUS_ASSURED
_USUAL_TIMEOUT_S = 60


def available() -> bool:
    """Return whether the kernel can write entries without loading a module: nf_conntrack_netlink is loaded or built
    in."""
    modules = Path("/proc/modules")
    if not modules.exists():
        return True  # a kernel without loadable modules refuses a request if it lacks nf_conntrack_netlink
    if any(line.startswith("nf_conntrack_netlink ") for line in modules.read_text("ascii", "replace").splitlines()):
        return True
    builtin = Path("/lib/modules") / os.uname().release / "modules.builtin"
    return builtin.is_file() and "/nf_conntrack_netlink.ko" in builtin.read_text("utf-8", "replace")


def forget() -> str:
    """Empty the conntrack table of the process's namespace; return the kernel's error message, which is empty if there
    was no error."""
    return "".join(_told((_message(_DELETE, _REQUEST | _ACK, 0, b""),)))


def write(connections: Iterable[Connection]) -> tuple[str, ...]:
    """Write conntrack entries in the process's namespace; return for each entry the kernel's error message, which is
    empty if the kernel accepted the entry."""
    return tuple(_told(map(request, connections)))


def _told(messages: Iterable[bytes]) -> Iterator[str]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as channel:
        for message in messages:
            channel.send(message)
            answer = channel.recv(65536)
            (kind,) = struct.unpack_from("=H", answer, 4)
            (error,) = struct.unpack_from("=i", answer, 16)
            yield os.strerror(-error) if kind == _NLMSG_ERROR and error else ""


def _message(kind: int, flags: int, family: int, attributes: bytes) -> bytes:
    """Return a netlink message: nlmsghdr, nfgenmsg and the attributes."""
    length = 16 + 4 + len(attributes)
    return struct.pack("=IHHIIBBH", length, _SUBSYSTEM << 8 | kind, flags, 1, 0, family, 0, 0) + attributes


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _nest(kind: int, *values: bytes) -> bytes:
    return _attribute(kind | _NESTED, b"".join(values))


def _u16(kind: int, value: int) -> bytes:
    return _attribute(kind, value.to_bytes(2))


def _u32(kind: int, value: int) -> bytes:
    return _attribute(kind, value.to_bytes(4))


def request(connection: Connection, *, answered: bool = True) -> bytes:
    """Return the request for the entry: its tuples without NAT, and the NAT of each direction.  ``answered``: whether
    the kernel is asked to acknowledge the request."""
    version, original, reply = connection.version, connection.original, connection.reply
    timeout_s = connection.timeout_s if connection.timeout_s is not None else _USUAL_TIMEOUT_S
    parts = [
        _tuple(_TUPLE_ORIG, version, original),
        _tuple(_TUPLE_REPLY, version, original.reversed()),
        _u32(_STATUS, connection.status & _KEPT),
        _u32(_TIMEOUT, max(1, timeout_s)),
    ]
    if connection.status & (STATUS_SNAT | STATUS_DNAT):
        source_port = reply.sport if reply.protocol in _ICMP else reply.dport
        parts.append(_nat(_NAT_SRC, version, reply.daddr, source_port))
        parts.append(_nat(_NAT_DST, version, reply.saddr, reply.sport))
    if original.protocol == TCP:
        parts.append(_tcp(connection.tcp))
    parts += [_u32(_MARK, connection.mark)] if connection.mark else []
    parts += [_u16(_ZONE, connection.zone)] if connection.zone else []
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    flags = _REQUEST | _CREATE | _EXCL | (_ACK if answered else 0)
    return _message(_NEW, flags, family, b"".join(parts))


def _address(value: int, version: Version) -> bytes:
    return value.to_bytes(4 if version == 4 else 16)


def _tuple(kind: int, version: Version, found: Tuple) -> bytes:
    first = 1 if version == 4 else 3
    addresses = _nest(
        _TUPLE_IP,
        _attribute(first, _address(found.saddr, version)),
        _attribute(first + 1, _address(found.daddr, version)),
    )
    ends = [_attribute(_PROTO_NUM, bytes((found.protocol,)))]
    if found.protocol in _ICMP:
        identity, type_, code = _ICMP[found.protocol]
        ends += [
            _u16(identity, found.sport),
            _attribute(type_, bytes((found.dport >> 8,))),
            _attribute(code, bytes((found.dport & 0xFF,))),
        ]
    elif found.protocol in (TCP, UDP) or found.sport or found.dport:
        ends += [_u16(_SRC_PORT, found.sport), _u16(_DST_PORT, found.dport)]
    return _nest(kind, addresses, _nest(_TUPLE_PROTO, *ends))


def _nat(kind: int, version: Version, address: int, port: int) -> bytes:
    """Return the attributes that describe one kind of NAT to exactly this address and port."""
    first = 1 if version == 4 else 4
    words = [_attribute(first, _address(address, version)), _attribute(first + 1, _address(address, version))]
    if port:
        words.append(_nest(_NAT_PROTO, _u16(_PORT_MIN, port), _u16(_PORT_MAX, port)))
    return _nest(kind, *words)


def _tcp(tcp: Tcp | None) -> bytes:
    """Return the attributes for the TCP state, and for the flags of both sides with their mask."""
    known = tcp.state if tcp is not None else "ESTABLISHED"
    flags = bytes((_BE_LIBERAL | (_CLOSE_INIT if known in TCP_CLOSED else 0), _BE_LIBERAL | _CLOSE_INIT))
    return _nest(
        _PROTOINFO,
        _nest(
            _TCP_INFO,
            _attribute(_TCP_STATE, bytes((_TCP_STATES.index(known),))),
            _attribute(_TCP_FLAGS_ORIGINAL, flags),
            _attribute(_TCP_FLAGS_REPLY, flags),
        ),
    )
