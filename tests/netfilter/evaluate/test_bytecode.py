"""Programs of classic BPF, with bits that are not known.  tests/kernel/test_bytecode.py asks the kernel."""

import pytest

from hairpin.netfilter.evaluate.bytecode import packet_bytes, read_program, results, seen_by_program
from hairpin.netfilter.packet import ICMP6, SYN, TCP, UDP, Packet
from tests.rows import each_row

SYN_PACKET = Packet(4, 0xC000020A, 0xAC110002, TCP, sport=40000, dport=80, tcp_flags=SYN, mark=7)

CASES: dict[str, tuple[str, set[int | None]]] = {
    "the protocol": ("4,48 0 0 9,21 0 1 6,6 0 0 65535,6 0 0 0", {65535}),
    "another protocol": ("4,48 0 0 9,21 0 1 17,6 0 0 65535,6 0 0 0", {0}),
    "a port behind the header's length": ("5,177 0 0 0,72 0 0 2,21 0 1 80,6 0 0 1,6 0 0 0", {1}),
    "the TCP flags": ("4,48 0 0 33,69 0 1 2,6 0 0 1,6 0 0 0", {1}),
    "a flag that is not set": ("4,48 0 0 33,69 0 1 16,6 0 0 1,6 0 0 0", {0}),
    "the mark": ("4,32 0 0 4294963220,21 0 1 7,6 0 0 1,6 0 0 0", {1}),
    "the link's ethertype": ("4,40 0 0 4294963200,21 0 1 34525,6 0 0 1,6 0 0 0", {0}),
    "the TTL is invented": ("4,48 0 0 8,21 0 1 64,6 0 0 1,6 0 0 0", {0, 1}),
    "unknown bits decide nothing": ("4,40 0 0 4,21 0 1 64,6 0 0 1,6 0 0 1", {1}),
    "the known bits of a byte": ("5,48 0 0 32,84 0 0 0,21 0 1 0,6 0 0 1,6 0 0 0", {1}),
    "the length": ("2,128 0 0 0,22 0 0 0", {None}),
    "beyond the packet": ("2,32 0 0 2000,6 0 0 1", {0, 1}),
    "no such instruction": ("2,255 0 0 0,6 0 0 1", {None}),
    "no end": ("1,0 0 0 1", {None}),
    "divided by zero": ("3,0 0 0 8,60 0 0 0,6 0 0 1", {0}),
}


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_results(text: str, expected: set[int | None]) -> None:
    assert results(read_program(text), seen_by_program(SYN_PACKET)) == expected


@each_row("text", ("", "0,", "2,6 0 0 1", "1,6 0 0", "object-pinned /sys/fs/bpf/x"))
def test_what_is_no_program(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_program(text)


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
