"""Which packets belong to which probe, and where each was seen last."""

import struct

from hairpin.host.netns import Netns
from hairpin.judges.observation import ProbeAttempt, SeenHop
from hairpin.live.taps import arrived_from, by_probe, ends_of, hops_of, program
from hairpin.netfilter.packet import SYN, TCP
from hairpin.replica.judgement import Sighting

HOST, WEB = Netns("h"), Netns("h", "container:web")
ACK, RST = 0x10, 0x04
PORTS = frozenset({80, 8151})
PATIENCE_S = 0.9


def syn(at: int, netns: Netns, link: str, sport: int, tag: int, *, out: bool, source: str = "192.0.2.9") -> Sighting:
    return Sighting(at, netns, link, out, 4, source, "198.51.100.11", TCP, sport, 8151, SYN, tag=tag)


def answer(at: int, netns: Netns, link: str, tag: int, *, out: bool, dport: int = 61000) -> Sighting:
    return Sighting(
        at, netns, link, out, 4, "198.51.100.11", "192.0.2.9", TCP, 8151, dport, SYN | ACK, tag=tag
    )  # fmt: skip


def test_nat_does_not_hide_a_probe() -> None:
    seen = (
        syn(1, WEB, "eth0", 61000, 7, out=True, source="172.17.0.2"),
        syn(2, HOST, "eth0", 1234, 7, out=True),
        syn(3, HOST, "eth0", 61000, 99, out=True),  # another program's
    )
    (first,) = by_probe(seen, (ProbeAttempt("silent", sport=61000),), WEB, "", PATIENCE_S)
    assert [each.at_ns for each in first] == [1, 2]
    assert hops_of([first], PORTS) == (
        SeenHop(WEB, "eth0", True, False, 1, first[0].text()),
        SeenHop(HOST, "eth0", True, False, 1, first[1].text()),
    )


def test_the_end_is_where_the_answer_was_seen_last() -> None:
    attempts = (
        ProbeAttempt("silent", sport=61000),
        ProbeAttempt("answered", 1.0, 61001),
        ProbeAttempt("silent", sport=61002),
    )
    seen = (
        syn(1, HOST, "eth0", 61000, 7, out=True),
        answer(2, HOST, "eth0", 7, out=False),
        syn(3, HOST, "eth0", 61001, 8, out=True),
        syn(4, HOST, "eth0", 61002, 9, out=True),
    )
    probes = by_probe(seen, attempts, HOST, "", PATIENCE_S)
    assert {(each.reply, each.out, each.probes) for each in ends_of(probes, attempts, PORTS)} == {
        (True, False, 1), (False, True, 1),
    }  # fmt: skip


def test_what_comes_after_the_sender_gave_up_is_left_out() -> None:
    seen = (syn(1, HOST, "eth0", 61000, 7, out=True), answer(2_000_000_000, HOST, "eth0", 7, out=False))
    (first,) = by_probe(seen, (ProbeAttempt("silent", sport=61000),), HOST, "", PATIENCE_S)
    assert len(first) == 1


def test_probes_without_a_known_port_are_told_by_their_sender() -> None:
    attempts = (ProbeAttempt("answered"), ProbeAttempt("silent"))
    seen = (
        syn(1, HOST, "eth0", 4000, 7, out=False),
        syn(2, HOST, "eth0", 4001, 8, out=False, source="192.0.2.77"),
        syn(3, HOST, "eth0", 4002, 9, out=False),
    )
    probes = by_probe(seen, attempts, None, "192.0.2.9", PATIENCE_S)
    assert [[each.at_ns for each in some] for some in probes] == [[1], [3]]


def test_the_address_that_a_gateway_gave_is_seen() -> None:
    attempts = (ProbeAttempt("answered", sport=61000),)
    seen = (syn(1, HOST, "eth0", 61000, 7, out=False, source="203.0.113.5"),)
    probes = by_probe(seen, attempts, None, "192.0.2.9", PATIENCE_S)
    assert arrived_from(probes, PORTS, "192.0.2.9") == "203.0.113.5"
    assert arrived_from(probes, PORTS, "203.0.113.5") == ""


IP4, TCP_AT = bytes((0x45, *bytes(8), 6, *bytes(10))), 20


def run(code: bytes, packet: bytes) -> int:
    """Run the filter as the kernel does: the opcodes that it uses."""
    lines = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    at = a = x = 0
    while True:
        operation, yes, no, value = lines[at]
        at += 1
        match operation:
            case 0x30:
                a = packet[value]
            case 0x28:
                a = int.from_bytes(packet[value : value + 2])
            case 0x50:
                a = packet[x + value]
            case 0x48:
                a = int.from_bytes(packet[x + value : x + value + 2])
            case 0xB1:
                x = 4 * (packet[value] & 15)
            case 0x54:
                a &= value
            case 0x15:
                at += yes if a == value else no
            case 0x45:
                at += yes if a & value else no
            case 0x05:
                at += value
            case _:
                return int(value)


def test_the_filter_takes_what_begins_a_connection_of_the_ports() -> None:
    code = program((8151, 80))

    def tcp(sport: int, dport: int, flags: int) -> bytes:
        return IP4 + struct.pack(">HHIIBB", sport, dport, 1, 2, 0x50, flags) + bytes(6)

    assert run(code, tcp(61000, 8151, SYN))
    assert run(code, tcp(80, 61000, SYN | ACK))
    assert run(code, tcp(8151, 61000, RST | ACK))
    assert not run(code, tcp(61000, 8151, ACK))
    assert not run(code, tcp(61000, 443, SYN))
    assert run(code, bytes((0x45, *bytes(8), 1, *bytes(10))) + bytes(8))
    assert run(code, bytes((0x45, *bytes(8), 17, *bytes(10))) + struct.pack(">HHHH", 5, 80, 8, 0))
    six = bytes((0x60, *bytes(5), 6, *bytes(33)))
    assert run(code, six + struct.pack(">HHIIBB", 1, 8151, 1, 2, 0x50, SYN) + bytes(6))
    assert not run(code, six + struct.pack(">HHIIBB", 1, 8151, 1, 2, 0x50, ACK) + bytes(6))
    assert not run(code, bytes((0x10, *bytes(60))))
