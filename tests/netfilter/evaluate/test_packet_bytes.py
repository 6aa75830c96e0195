from hairpin.netfilter.evaluate.packet_bytes import packet_bytes, seen_by_program
from hairpin.netfilter.packet import ICMP6, UDP, Packet

DATAGRAM = Packet(4, 0xC000020A, 0xAC110002, UDP, sport=40000, dport=53, length_bytes=40)
ECHO = Packet(6, 1, 2, ICMP6, icmp=128 << 8, length_bytes=64)


def test_addresses_and_ports_are_known_and_the_payload_is_not() -> None:
    known, bits = packet_bytes(DATAGRAM)
    assert len(known) == len(bits) == 40
    assert bits[12:24] == bytes.fromhex("c000020aac1100029c400035")
    assert known[12:24] == b"\xff" * 12
    assert not any(known[24:])
    assert not any(known[2:6])


def test_ipv6_has_its_own_header() -> None:
    known, bits = packet_bytes(ECHO)
    assert (bits[0] >> 4, bits[6], bits[40]) == (6, 58, 128)
    assert known[40] == 0xFF


def test_a_program_is_not_told_the_hop_limit() -> None:
    assert seen_by_program(DATAGRAM).known[8] == 0
    assert seen_by_program(ECHO).known[7] == 0
    assert (seen_by_program(DATAGRAM).protocol, seen_by_program(ECHO).protocol) == (0x0800, 0x86DD)
