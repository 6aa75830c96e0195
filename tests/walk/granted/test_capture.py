"""Filters of tcpdump, as pcap-filter(7) reads them."""

from hairpin.netfilter.packet import GRE, ICMP, TCP, UDP, Packet
from hairpin.network.prefix import parse_address
from hairpin.walk.granted.capture import filter_of
from tests.rows import each_row

FAR = parse_address("192.0.2.9")[1]
CASES: dict[str, tuple[Packet, str]] = {
    "TCP": (Packet(4, 1, FAR, TCP, dport=25), "tcp port 25 and host 192.0.2.9"),
    "UDP": (Packet(4, 1, FAR, UDP, dport=8472), "udp port 8472 and host 192.0.2.9"),
    "echo": (Packet(4, 1, FAR, ICMP, icmp=8 << 8), "icmp and host 192.0.2.9"),
    "GRE": (Packet(4, 1, FAR, GRE), "ip proto 47 and host 192.0.2.9"),
    "IPv6": (Packet(6, 1, parse_address("2001:db8::9")[1], TCP, dport=80), "tcp port 80 and host 2001:db8::9"),
    "IPv6 in IPv6": (Packet(6, 1, parse_address("2001:db8::9")[1], 41), "ip6 proto 41 and host 2001:db8::9"),
}


@each_row(("packet", "text"), CASES.values(), ids=CASES)
def test_filter_of(packet: Packet, text: str) -> None:
    assert filter_of(packet) == text
