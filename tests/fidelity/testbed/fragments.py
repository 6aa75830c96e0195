"""Datagrams in two fragments, and their reassembly.

Where connections are tracked, the kernel reassembles fragments before any rule of iptables sees them
(nf_defrag_ipv4, nf_defrag_ipv6). So for the walk such a datagram is one packet.
"""

import struct

from hairpin.netfilter.packet import Packet
from tests.fidelity.testbed.frames import checksum

_FIRST = 24
"""Payload of the first fragment: it must hold the whole transport header (RFC 7112)."""
_FRAGMENT = 44


def split(version: int, data: bytes, identity: int) -> tuple[bytes, ...]:
    """Return the packet's fragments, or the packet alone if it is too short."""
    head = 20 if version == 4 else 40
    payload = data[head:]
    if len(payload) <= _FIRST:
        return (data,)
    parts = ((0, payload[:_FIRST], True), (_FIRST, payload[_FIRST:], False))
    if version == 4:
        return tuple(_piece4(data[:head], at, part, identity, more=more) for at, part, more in parts)
    return tuple(_piece6(data[:head], at, part, identity, more=more) for at, part, more in parts)


def longest_piece(version: int, length: int) -> int:
    """Return the length of the longer of a packet's two fragments."""
    head, more = (20, 0) if version == 4 else (40, 8)
    return head + more + max(_FIRST, length - head - _FIRST)


def _piece4(head: bytes, at: int, part: bytes, identity: int, *, more: bool) -> bytes:
    place = at >> 3 | (0x2000 if more else 0)
    made = head[:2] + struct.pack("!HHH", len(head) + len(part), identity & 0xFFFF, place) + head[8:10] + b"\0\0"
    made += head[12:]
    return made[:10] + struct.pack("!H", checksum(made)) + made[12:] + part


def _piece6(head: bytes, at: int, part: bytes, identity: int, *, more: bool) -> bytes:
    made = head[:4] + struct.pack("!HB", 8 + len(part), _FRAGMENT) + head[7:]
    return made + struct.pack("!BBHI", head[6], 0, at | more, identity) + part


class Together:
    """Reassembles the fragments that one link or hook has seen."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[bytes, bytes, int], dict[int, bytes]] = {}

    def whole(self, data: bytes) -> bytes | None:
        """Return the reassembled packet; None while fragments are missing."""
        if len(data) >= 20 and data[0] >> 4 == 4:
            (place,) = struct.unpack_from("!H", data, 6)
            at, more = (place & 0x1FFF) << 3, bool(place & 0x2000)
            if not place & 0x3FFF:
                return data
            head, (identity,) = data[:20], struct.unpack_from("!H", data, 4)
            part = data[20 : struct.unpack_from("!H", data, 2)[0]]
            found = self._put(head[12:16], head[16:20], identity, at, part, more=more)
            if found is None:
                return None
            return head[:2] + struct.pack("!HHH", 20 + len(found), identity, 0) + head[8:] + found
        if len(data) >= 48 and data[0] >> 4 == 6 and data[6] == _FRAGMENT:
            (length,) = struct.unpack_from("!H", data, 4)
            protocol, _, place, identity = struct.unpack_from("!BBHI", data, 40)
            part = data[48 : 40 + length]
            found = self._put(data[8:24], data[24:40], identity, place & 0xFFF8, part, more=bool(place & 1))
            if found is None:
                return None
            return data[:4] + struct.pack("!HB", len(found), protocol) + data[7:40] + found
        return data

    def _put(self, source: bytes, target: bytes, identity: int, at: int, part: bytes, *, more: bool) -> bytes | None:
        """Keep a fragment; return the payload once it is complete. Only the last fragment has no more-fragments
        flag.
        """
        pieces = self._pieces.setdefault((source, target, identity), {})
        pieces[at] = part
        if not more:
            pieces[-1] = (at + len(part)).to_bytes(4)
        if -1 not in pieces:
            return None
        whole = b"".join(pieces[place] for place in sorted(pieces) if place >= 0)
        return whole if len(whole) == int.from_bytes(pieces[-1]) else None


def can_be_split(packet: Packet) -> bool:
    """Return whether fragments of the packet make sense: the kernel drops those of neighbour discovery."""
    return not (packet.version == 6 and packet.icmp is not None and packet.icmp >> 8 in range(130, 144))
