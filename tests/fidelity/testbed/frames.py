"""IP packets as bytes, and back.

Every packet that the hunt sends ends in its flow's tag, so that it is known again however it was translated; an
ICMP error quotes the tag, a TCP reset tells the flow by its sequence numbers.  An ICMP error that the hunt itself sends
has another tag in the packet that it is about: the kernel's errors never have it.
"""

import struct

import msgspec

from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.packet import ACK, GRE, ICMP, ICMP6, RST, SCTP, SYN, TCP, UDP, UDPLITE, Packet

_MAGIC, _QUOTED = b"\xfa\xce\xfe\xed", b"\xfa\xce\xfe\xee"
TUNNEL_PORTS = (8472, 6081, 4789)
"""UDP destination ports of outer packets, to which no flow of the hunt goes."""
_IPIP = 4
OUTER_PROTOCOLS = (_IPIP, GRE)
"""Protocols of the other outer packets, which no flow of the hunt has."""
_LONG = 400
_SHIFT = 14
"""Bits of TCP sequence numbers that belong to one flow."""


class Parsed(msgspec.Struct, frozen=True):
    """A packet and its flow (None: not the hunt's).

    ``answer``: a kernel made it to reject another packet: ``icmp 3/1``, ``icmp6 1/4``, ``rst``.
    """

    packet: Packet
    flow: int | None
    answer: str | None = None
    carried: Packet | None = None
    """The inner packet of a tunnel's outer one."""


def tag(flow: int, padding: int = 0, *, quoted: bool = False) -> bytes:
    """Return the payload of a flow's packets; ``quoted``: of the packet that an error of the hunt's is about.

    Of a long one the tag stands in front, too: an error quotes only its beginning."""
    mark = (_QUOTED if quoted else _MAGIC) + struct.pack("!I", flow)
    return (mark + b"\0" * (padding - len(mark)) if padding > _LONG else b"\0" * padding) + mark


def length_of(packet: Packet, padding: int) -> int:
    """Return the length of a flow's packet, from its network header on."""
    return len(encode(packet, tag(0, padding)))


def checksum(data: bytes) -> int:
    """Return the internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    words: tuple[int, ...] = struct.unpack(f"!{len(data) // 2}H", data)
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def sequence(flow: int, *, reply: bool, started: bool) -> tuple[int, int]:
    """Return sequence and acknowledgement numbers that conntrack accepts as inside the window."""
    mine, theirs = (flow + 1) << _SHIFT, ((flow + 1) << _SHIFT) + (1 << (_SHIFT - 1))
    if reply:
        return theirs + started, mine + 1
    return mine + started, theirs + 1


def encode(
    packet: Packet, payload: bytes, *, seq: int = 0, ack: int = 0, no_checksum: bool = False, identity: int = 1
) -> bytes:
    """Return the packet from its network header on."""
    if packet.inner is not None:
        payload = encode(packet.inner, payload)
    size = 4 if packet.version == 4 else 16
    source, target = packet.saddr.to_bytes(size), packet.daddr.to_bytes(size)
    segment, place = _segment(packet, payload, seq, ack)
    if place is not None and not no_checksum:
        segment = _with_checksum(packet, segment, place, source + target)
    if packet.version == 4:
        flags = 0x4000 if packet.dont_fragment else 0
        head = struct.pack(
            "!BBHHHBBH4s4s", 0x45, packet.dscp << 2, 20 + len(segment), identity & 0xFFFF, flags, packet.ttl,
            packet.protocol, 0, source, target,
        )  # fmt: skip
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    else:
        first = 6 << 28 | packet.dscp << 22
        head = struct.pack("!IHBB16s16s", first, len(segment), packet.protocol, packet.ttl, source, target)
    return head + segment


def _segment(packet: Packet, payload: bytes, seq: int, ack: int) -> tuple[bytes, int | None]:
    """Return the transport header and payload, and the offset of the checksum."""
    ports = struct.pack("!HH", packet.sport or 0, packet.dport or 0)
    match packet.protocol:
        case 6:
            return ports + struct.pack("!IIBBHHH", seq, ack, 0x50, packet.tcp_flags, 65535, 0, 0) + payload, 16
        case 17:
            return ports + struct.pack("!HH", 8 + len(payload), 0) + payload, 6
        case 1 | 58:
            icmp = packet.icmp or 0
            return struct.pack("!BBHHH", icmp >> 8, icmp & 255, 0, packet.sport or 0, 1) + payload, 2
        case 132:
            # An INIT, which conntrack accepts in any state and only complete: RFC 9260 3.3.2.
            chunk = struct.pack("!BBHIIHHI", 1, 0, 20 + len(payload), 1, 65535, 1, 1, 1) + payload
            return ports + struct.pack("!II", 0, 0) + chunk, 8
        case 136:
            return ports + struct.pack("!HH", 0, 0) + payload, 6
        case 33:
            # A request (RFC 4340 5.1); conntrack does not check its checksum.
            return ports + struct.pack("!BBHBBHI", 5, 0, 0, 1, 0, 0, 1) + payload, 6
        case 50:
            return struct.pack("!II", _SPI, 1) + payload, None
        case 51:
            return struct.pack("!BBHIII", 59, 2, 0, _SPI, 1, 0) + payload, None
        case _:
            # REJECT answers an unknown protocol only if the Internet checksum over the whole packet is right:
            # nf_ip_checksum().
            return b"\0\0" + payload, 0


_SPI = 7


def _with_checksum(packet: Packet, segment: bytes, place: int, addresses: bytes) -> bytes:
    if packet.protocol == SCTP:
        value = struct.pack("<I", _crc32c(segment) ^ packet.bad_checksum)
        return segment[:place] + value + segment[place + 4 :]
    pseudo = b""
    if packet.protocol in (TCP, UDP, UDPLITE, ICMP6) or packet.version == 6:
        pseudo = addresses + struct.pack("!II", len(segment), packet.protocol)
    number = checksum(pseudo + segment) ^ (0x0101 if packet.bad_checksum else 0)
    if packet.protocol in (UDP, UDPLITE) and number == 0:
        number = 0xFFFF
    return segment[:place] + struct.pack("!H", number) + segment[place + 2 :]


def _crc32c(data: bytes) -> int:
    """Return SCTP's checksum (RFC 9260 appendix A), bit by bit: the hunt's packets are short."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def decode(data: bytes) -> Parsed | None:
    """Return the packet; None if it is no IP packet or is truncated."""
    if len(data) < 20:
        return None
    version = data[0] >> 4
    if version == 4:
        head, total = (data[0] & 15) * 4, struct.unpack_from("!H", data, 2)[0]
        protocol, ttl, dscp = data[9], data[8], data[1] >> 2
        source, target = data[12:16], data[16:20]
    elif version == 6 and len(data) >= 40:
        head, total = 40, 40 + struct.unpack_from("!H", data, 4)[0]
        protocol, ttl, dscp = data[6], data[7], (struct.unpack_from("!I", data)[0] >> 22) & 63
        source, target = data[8:24], data[24:40]
    else:
        return None
    body = data[head:total]
    packet = Packet(
        4 if version == 4 else 6,
        int.from_bytes(source),
        int.from_bytes(target),
        protocol,
        ttl=ttl,
        dscp=dscp,
        length_bytes=total,
        dont_fragment=version == 4 and bool(data[6] & 0x40),
    )
    if protocol == _FRAGMENT and len(body) >= 8 and not struct.unpack_from("!H", body, 2)[0] & 0xFFF8:
        packet, body = msgspec.structs.replace(packet, protocol=body[0]), body[8:]
    return _with_transport(packet, body)


_FRAGMENT = 44
"""IPv6's header of a fragment: the first one, which an error may quote, has the datagram's own header behind it."""


def _with_transport(packet: Packet, body: bytes) -> Parsed | None:
    data = _inner_data(packet.protocol, body)
    inner = decode(data) if data is not None else None
    if packet.protocol in WITH_PORTS and len(body) >= 8:
        sport, dport = struct.unpack_from("!HH", body)
        flags = body[13] & 63 if packet.protocol == TCP and len(body) >= 20 else 0
        packet = msgspec.structs.replace(packet, sport=sport, dport=dport, tcp_flags=flags)
        if packet.protocol == TCP and flags & RST and len(body) == 20:
            return Parsed(packet, _by_sequence(body), "rst")
    if inner is not None:
        return Parsed(packet, inner.flow, inner.answer, inner.packet)
    if packet.protocol in (ICMP, ICMP6) and len(body) >= 8:
        return _of_icmp(packet, body)
    return Parsed(packet, _tagged(body))


def _of_icmp(packet: Packet, body: bytes) -> Parsed:
    kind, code = body[0], body[1]
    packet = msgspec.structs.replace(packet, icmp=kind << 8 | code)
    if kind in ((3, 4, 5, 11, 12) if packet.protocol == ICMP else (1, 2, 3, 4, 137)):
        inner = decode(body[8 if kind != 137 else 40 :])
        if inner is not None and inner.carried is None and body[-8:-4] == _QUOTED:
            return Parsed(msgspec.structs.replace(packet, inner=inner.packet), int.from_bytes(body[-4:]))
        if inner is not None and inner.flow is not None:
            name = "icmp" if packet.protocol == ICMP else "icmp6"
            packet = msgspec.structs.replace(packet, inner=inner.packet)
            return Parsed(packet, inner.flow, f"{name} {kind}/{code}")
    echo = struct.unpack_from("!H", body, 4)[0]
    packet = msgspec.structs.replace(packet, sport=echo, dport=echo)
    return Parsed(packet, _tagged(body))


_TEB = b"\x65\x58"
"""ETH_P_TEB: an Ethernet frame in GRE or Geneve."""
_IP_TYPES = (b"\x08\x00", b"\x86\xdd")
_GRE_KEY = 0x2000


def _inner_data(protocol: int, body: bytes) -> bytes | None:
    """Return the IP packet in a tunnel's outer one, None where there is none.

    UDP is known by the header behind it, since rules may change its port: the flows' own payload begins otherwise.
    Source: RFC 7348 5 (VXLAN), RFC 8926 3.4 (Geneve, here without options), RFC 2890 2 (GRE)."""
    if protocol == _IPIP:
        return body
    if protocol == GRE and len(body) >= 4:
        flags, kind = struct.unpack_from("!H2s", body)
        data = body[8 if flags & _GRE_KEY else 4 :]
        return _in_frame(data) if kind == _TEB else data if kind in _IP_TYPES else None
    if protocol == UDP and (body[8:12] == b"\x08\0\0\0" or body[8:12] == b"\0\0" + _TEB):
        return _in_frame(body[16:])
    return None


def _in_frame(data: bytes) -> bytes | None:
    return data[14:] if data[12:14] in _IP_TYPES else None


def _tagged(body: bytes) -> int | None:
    at = body.find(_MAGIC)
    return int.from_bytes(body[at + 4 : at + 8]) if 0 <= at <= len(body) - 8 else None


def _by_sequence(body: bytes) -> int | None:
    for number in (int.from_bytes(body[4:8]), int.from_bytes(body[8:12])):
        if number >> _SHIFT:
            return (number >> _SHIFT) - 1
    return None


def flags_text(flags: int) -> str:
    """Return TCP flags as words."""
    names = {1: "FIN", SYN: "SYN", RST: "RST", 8: "PSH", ACK: "ACK", 32: "URG"}
    return "|".join(name for bit, name in names.items() if flags & bit)
