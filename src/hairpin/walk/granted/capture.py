"""Filters of tcpdump for the packets of a flow.  Source: pcap-filter(7)"""

from hairpin.netfilter.packet import ICMP, ICMP6, SCTP, TCP, UDP, Packet
from hairpin.network.prefix import address_text

_NAMES = {TCP: "tcp", UDP: "udp", SCTP: "sctp", ICMP: "icmp", ICMP6: "icmp6"}


def filter_of(packet: Packet) -> str:
    """Return the filter for packets of both directions between any host and the packet's receiver."""
    receiver = f"host {address_text(packet.daddr, packet.version)}"
    name = _NAMES.get(packet.protocol)
    if name is None:
        return f"{'ip' if packet.version == 4 else 'ip6'} proto {packet.protocol} and {receiver}"
    if packet.dport is None or packet.protocol in (ICMP, ICMP6):
        return f"{name} and {receiver}"
    return f"{name} port {packet.dport} and {receiver}"
