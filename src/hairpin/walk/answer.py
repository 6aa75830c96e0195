"""The packet that answers another packet."""

from hairpin.netfilter.packet import ICMP, TCP, Packet


def answer_to(packet: Packet, tcp_flags: int) -> Packet:
    """Return the packet that answers this packet: addresses and ports are swapped, and an echo request becomes an echo
    reply."""
    icmp = None
    if packet.icmp is not None:
        icmp = 0 if packet.protocol == ICMP else 129 << 8
    return Packet(
        version=packet.version,
        saddr=packet.daddr,
        daddr=packet.saddr,
        protocol=packet.protocol,
        sport=packet.dport,
        dport=packet.sport,
        tcp_flags=tcp_flags if packet.protocol == TCP else 0,
        icmp=icmp,
    )
