"""The bytes of a packet from its network header on.  Some bytes are unknown to the model."""

from hairpin.netfilter.evaluate.bytecode import Bytes
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, Packet


def packet_bytes(packet: Packet) -> tuple[bytes, bytes]:
    """Return the mask of the known bits, and the bits: the IP header without options, then the ports or the ICMP type.
    The IP header's length, id and checksum are unknown, and so are most bytes behind the ports."""
    known, bits = bytearray(), bytearray()

    def put(value: int, length: int, mask: int | None = None) -> None:
        known.extend((mask if mask is not None else (1 << length * 8) - 1).to_bytes(length, "big"))
        bits.extend(value.to_bytes(length, "big"))

    if packet.version == 4:
        put(0x45, 1)
        put(packet.dscp << 2, 1)
        put(packet.length_bytes, 2, 0)
        put(0, 2, 0)  # the IP header's id is unknown
        put(0x4000 if packet.dont_fragment else 0, 2)
        put(packet.ttl, 1)
        put(packet.protocol, 1)
        put(0, 2, 0)  # the IP header's checksum is unknown
    else:
        put(6 << 28 | packet.dscp << 22, 4, 0xFFF00000)
        put(0, 2, 0)
        put(packet.protocol, 1)
        put(packet.ttl, 1)
    width = 4 if packet.version == 4 else 16
    put(packet.saddr, width)
    put(packet.daddr, width)
    if packet.protocol in (ICMP, ICMP6) and packet.icmp is not None:
        put(packet.icmp, 2)
        put(0, 2, 0)
    elif packet.sport is not None and packet.dport is not None:
        put(packet.sport, 2)
        put(packet.dport, 2)
    if packet.protocol == TCP:
        put(0, 8, 0)
        put(0x5000 | packet.tcp_flags, 2, 0x0FFF)
    rest = max(packet.length_bytes - len(bits), 0)
    put(0, rest, 0)
    return bytes(known), bytes(bits)


def seen_by_program(packet: Packet) -> Bytes:
    """Return the packet as a classic BPF program sees it, from the network header on.  The bits of the hop limit count
    as unknown, because hairpin may have invented the hop limit."""
    known, bits = packet_bytes(packet)
    hop_limit = 8 if packet.version == 4 else 7
    certain = known[:hop_limit] + b"\0" + known[hop_limit + 1 :]
    protocol = 0x0800 if packet.version == 4 else 0x86DD
    return Bytes(bits, certain, 0, 0x0806 if packet.arp else protocol, packet.mark)
