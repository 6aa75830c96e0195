import pytest

from hairpin.netfilter.packet import ACK, ICMP, ICMP6, SYN, TCP, UDP, Packet
from hairpin.walk.answer import answer_to

CASES: dict[str, tuple[Packet, Packet]] = {
    "tcp": (
        Packet(4, 1, 2, TCP, sport=40000, dport=80, tcp_flags=SYN, ttl=3, mark=7),
        Packet(4, 2, 1, TCP, sport=80, dport=40000, tcp_flags=SYN | ACK),
    ),
    "udp has no flags": (Packet(4, 1, 2, UDP, sport=5, dport=53), Packet(4, 2, 1, UDP, sport=53, dport=5)),
    "echo": (Packet(4, 1, 2, ICMP, sport=7, dport=7, icmp=8 << 8), Packet(4, 2, 1, ICMP, sport=7, dport=7, icmp=0)),
    "echo of IPv6": (
        Packet(6, 1, 2, ICMP6, sport=7, dport=7, icmp=128 << 8),
        Packet(6, 2, 1, ICMP6, sport=7, dport=7, icmp=129 << 8),
    ),
}


@pytest.mark.parametrize(("asked", "answer"), CASES.values(), ids=CASES)
def test_answer(asked: Packet, answer: Packet) -> None:
    assert answer_to(asked, SYN | ACK) == answer
